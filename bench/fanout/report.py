"""The tables: what was measured, and how it stands to uWebSockets.js and ws of the same run."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.fanout.contenders import Contender
from bench.fanout.measuring import Row
from bench.fanout.tools import Missing

RIVALS = ("uWebSockets.js", "ws")
COLUMNS = (
    "burst/s",
    *("× uWS", "× ws"),
    "µs each",
    "paced/s",
    "CPU",
    "µs each",
    *("× uWS", "× ws"),
    "p50 ms",
    "p99",
    "p99.9",
    "KB/client",
    "bytes",
    "lost",
)


def print_table(out: Console, clients: int, chosen: Sequence[Contender], rows: dict[str, Row | Missing]) -> None:
    """One crowd's table, in the order of the field; what is missing says why."""
    table = Table(title=f"{clients:,} clients", title_justify="left", box=None)
    for number, name in enumerate(("server", *COLUMNS)):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    reasons = []
    for each in chosen:
        match rows[each.name]:
            case Row() as row:
                table.add_row(each.name, *_cells(row, rows))
            case Missing() as reason:
                reasons.append(f"{each.name}: not measured: {reason}")
    out.print(table)
    for line in reasons:
        out.print(line)
    out.print()


def _cells(row: Row, rows: dict[str, Row | Missing]) -> list[str]:
    rivals = [rows.get(name) for name in RIVALS]
    speeds = [_ratio(row.burst, rival.burst) if isinstance(rival, Row) else "-" for rival in rivals]
    costs = [_ratio(row.cost, rival.cost) if isinstance(rival, Row) else "-" for rival in rivals]
    delays = ["-" if delay is None else f"{delay:,.1f}" for delay in (row.p50, row.p99, row.p999)]
    return [
        *(f"{row.burst:,.0f}", *speeds, f"{row.burst_cost:.2f}"),
        *(f"{row.paced:,.0f}", f"{row.share:.0%}", f"{row.cost:.2f}", *costs),
        *delays,
        *(f"{row.memory / 1000:.1f}", f"{row.frame:.0f}", f"{row.lost:,.0f}"),
    ]


def _ratio(value: float, other: float) -> str:
    return f"{value / other:.2f}"
