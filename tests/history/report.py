"""A run in a table, and the evidence of what went wrong in a file."""

from __future__ import annotations

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.history.checker import Anomaly
from tests.history.journal import ClientJournal, Connected, Delivered, History, Lost, Note

AROUND = 6  # notes of the client's journal on each side of an anomaly
SHOWN = 8  # anomalies printed; the file has all
CALM = "(calm)"
EVIDENCE = Path(tempfile.gettempdir()) / "caudal-history"  # where evidence is kept


@dataclass(frozen=True, slots=True)
class Report:
    """What one run was, and what was found. `deliveries`, `resumes` and `resets` are the clients'."""

    name: str
    seed: int
    seconds: float
    history: History
    anomalies: Sequence[Anomaly]
    deliveries: int
    resumes: int
    resets: int

    def table(self) -> str:
        """The run, as its reader wants it first."""
        history = self.history
        lines = [
            f"{self.name}: {self.seconds:.0f} s, seed {self.seed}",
            f"  writes      {len(history.writes)}: {_counted(Counter(write.outcome for write in history.writes))}",
            f"  events      {history.head}, {len({change.position for change in history.rights})} of them changes of rights",
            f"  clients     {len(history.clients)}: {_counted(self._of_clients())}",
            f"  faults      {len(history.faults)}",
            *(f"    {count:4} x {name}" for name, count in Counter(f.name for f in history.faults).most_common()),
            "  commit to delivery, worst in ms (median), by what was done to the portal at the commit",
            *(f"    {worst:6} ({median:4})  {phase}" for phase, (worst, median) in sorted(self._delays().items())),
            f"  drift       {sum(a.kind == 'drift' for a in self.anomalies)} of the counters of {len(history.standings)} people",
            f"  anomalies   {len(self.anomalies)}",
            *(f"    {count:4} x {kind}" for kind, count in Counter(a.kind for a in self.anomalies).most_common()),
        ]
        return "\n".join(lines)

    def _of_clients(self) -> dict[str, int]:
        losses = sum(isinstance(note, Lost) for client in self.history.clients for note in client.notes)
        return {
            "deliveries": self.deliveries,
            "connections lost": losses,
            "resumes": self.resumes,
            "resets": self.resets,
        }

    def _delays(self) -> dict[str, tuple[int, int]]:
        """Of events that came to a session which was there when they happened, to clients that read."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for client in self.history.clients:
            if client.name.startswith("slow"):
                continue
            begun = 0
            for note in client.notes:
                match note:
                    case Connected():
                        begun = note.at
                    case Delivered() if note.moment > begun + 1000:
                        found[self._phase(note.moment)].append(note.at - note.moment)
        return {phase: (max(delays), sorted(delays)[len(delays) // 2]) for phase, delays in found.items()}

    def _phase(self, at: int) -> str:
        return next((fault.name for fault in self.history.faults if fault.began <= at <= fault.ended), CALM)

    def excerpt(self) -> str:
        """The first anomalies, and what came around the first one."""
        if not self.anomalies:
            return ""
        lines = [f"{a.kind}: {a.client} at {a.position}: {a.why}" for a in self.anomalies[:SHOWN]]
        first = self.anomalies[0]
        lines += [f"  {note}" for note in _around(self.history.clients, first)]
        lines += [
            f"  log {position}: {self._row(position)}" for position in range(first.position - 2, first.position + 3)
        ]
        return "\n".join(lines)

    def _row(self, position: int) -> str:
        row = self.history.rows.get(position)
        return (
            "-"
            if row is None
            else f"{row.name} {row.reach} entry={row.entry} {sorted(row.principals)} {sorted(row.audience)}"
        )

    def write(self, folder: Path) -> Path:
        """Everything, as JSON lines: anomalies, faults, rights, the log, and the journals of the clients concerned."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}-{self.seed}.jsonl"
        concerned = {anomaly.client for anomaly in self.anomalies}
        with path.open("w") as file:
            for kind, items in (
                ("anomaly", self.anomalies),
                ("fault", self.history.faults),
                ("rights", self.history.rights),
                ("row", [self.history.rows[position] for position in sorted(self.history.rows)]),
                ("client", [client for client in self.history.clients if client.name in concerned]),
            ):
                for item in items:
                    file.write(json.dumps({kind: asdict(item)}, default=_plain) + "\n")
        return path


def _around(clients: Iterable[ClientJournal], anomaly: Anomaly) -> list[Note]:
    for client in clients:
        if client.name == anomaly.client and anomaly.index >= 0:
            return client.notes[max(0, anomaly.index - AROUND) : anomaly.index + AROUND]
    return []


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items())
