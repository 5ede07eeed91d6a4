"""Rows that are records: what they want, and how that differs from what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.actions.fields import parse_fields
from server.domain.access import Access, Action, Owned
from server.domain.records import Field, FieldType, fields_of, links_of
from server.domain.text import clean_line
from server.domain.words import DepartmentId, EntryId, JsonObject, Kind, UserId
from server.errors import FieldError, Invalid
from server.imports.cells import Cells, fill, read_choice, read_date, read_flag, read_money, read_whole
from server.imports.directory import Directory, Pretended
from server.imports.mapping import ADDRESS_FIELDS, PRODUCT_ROW_FIELDS, File, Format, Source
from server.imports.plan import Addition, Plan, Values
from server.imports.snapshots import Snapshot, read_snapshots
from server.imports.table import Row
from server.imports.writing import write_added, write_changed
from server.store.schema import records
from server.store.work import Work

Read: TypeAlias = Callable[[str, Source], object]
"""From the text of a cell to the raw value of a field."""

KEPT_WHEN_EMPTY = frozenset(
    {FieldType.USER, FieldType.STAGE, FieldType.PIPELINE, FieldType.FLAG, FieldType.CHOICE}
)  # an empty cell says nothing about these: a record always has one
EMPTY: Mapping[FieldType, object] = {FieldType.LINE: "", FieldType.TEXT: "", FieldType.LINKS: []}


def kinds_named(file: File) -> set[Kind]:
    """The kinds of record that rows of a file can refer to."""
    return {field.kind for field in links_of(Kind(file.kind)) if field.kind and field.name in file.fields}


class Records:
    """The importer of one file of records."""

    def __init__(self, file: File, format: Format, origin: str, directory: Directory, importer: UserId) -> None:
        self._kind = Kind(file.kind)
        self._format = format
        self._origin = origin
        self._directory = directory
        self._importer = importer
        self._known = fields_of(self._kind)
        self._sources = {path: (source, fill(source)) for path, source in file.sources().items()}
        self._simple = [self._known[path] for path in self._sources if path in self._known]

    def pretended(self, addition: Addition, id: int) -> Pretended:
        """A record is named by its title or its id in the file."""
        return Pretended(self._kind, id, (str(addition.values["title"]), addition.row.key))

    async def plan(self, connection: AsyncConnection, access: Access, rows: Sequence[Row]) -> Plan:
        """Which rows are new, changed, unchanged, wrong."""
        plan = Plan()
        wanted: list[tuple[Row, Values]] = []
        for row in rows:
            try:
                wanted.append((row, self._values(row)))
            except Invalid as error:
                plan.refused.append((row, error))
        there = await self._there(connection, wanted)
        for row, values in wanted:
            try:
                self._place(plan, access, row, values, there.get(row.key))
            except Invalid as error:
                plan.refused.append((row, error))
        return plan

    async def write(self, work: Work, plan: Plan, card: EntryId) -> None:
        """Writes additions and alterations, each kind of row at once."""
        await write_added(work, self._kind, self._origin, self._directory.departments, plan.added, card)
        await write_changed(work, self._kind, self._directory.departments, plan.changed, card)

    async def _there(self, connection: AsyncConnection, wanted: Sequence[tuple[Row, Values]]) -> dict[str, Snapshot]:
        """What earlier imports of the same origin made of these rows."""
        keys = [row.key for row, _ in wanted]
        own = (records.c.kind == str(self._kind), records.c.origin == self._origin, records.c.external_id.in_(keys))
        found = await connection.execute(select(records.c.id, records.c.external_id).where(*own))
        ids = {row.id: row.external_id for row in found}
        names = {name for _, values in wanted for name in values}
        snapshots = await read_snapshots(connection, self._kind, list(ids), names)
        return {ids[record]: snapshot for record, snapshot in snapshots.items()}

    def _place(self, plan: Plan, access: Access, row: Row, values: Values, there: Snapshot | None) -> None:
        if there is None:
            values = self._with_defaults(values)
            if not access.may(Action.CREATE, self._owned(values)):
                raise Invalid.one("", "forbidden", f"you may not create this {self._kind}")
            plan.added.append(Addition(row, values))
            return
        if not (access.may(Action.READ, there.owned) and access.may(Action.UPDATE, there.owned)):
            raise Invalid.one("", "forbidden", f"you may not update this {self._kind}")
        if "custom" in values:
            values["custom"] = cast(JsonObject, there.values["custom"]) | cast(JsonObject, values["custom"])
        plan.note(row, there.id, there.values, values)

    def _owned(self, values: Values) -> Owned:
        responsible = UserId(cast(int, values["responsible"]))
        department = self._directory.departments.get(responsible)
        opened = bool(values.get("opened"))
        return Owned(self._kind, responsible, None if department is None else DepartmentId(department), opened)

    def _with_defaults(self, values: Values) -> Values:
        values = {"responsible": self._importer, "custom": {}} | values
        if self._kind == Kind.QUOTE:
            values.setdefault("number", values["title"])
        pipeline = None
        if self._kind == Kind.DEAL:
            pipeline = values.setdefault("pipeline", self._directory.first_pipeline)
            if pipeline is None:
                raise Invalid.one("pipeline", "required", "the portal has no pipeline")
        if "stage" in self._known and "stage" not in values:
            values["stage"] = self._directory.first_stage.get((self._kind, cast("int | None", pipeline)))
        return values

    def _values(self, row: Row) -> Values:
        """The fields of a row, checked as if a person had typed them. Raises Invalid naming all that are wrong."""
        raw: dict[str, object] = {}
        errors: list[FieldError] = []
        for read in (self._fields, self._points, self._address, self._products, self._custom):
            try:
                raw |= read(row.cells)
            except Invalid as error:
                errors += error.errors
        if "title" not in raw:
            raw["title"] = self._title(raw)
        try:
            values = parse_fields(self._kind, raw)
        except Invalid as error:
            errors += error.errors
            values = {}
        if errors:
            raise Invalid(errors)
        if "number" in self._sources:
            values["number"] = clean_line(self._sources["number"][1](row.cells), "number", limit=64)
        return values

    def _title(self, raw: Mapping[str, object]) -> str:
        person = f"{raw.get('first_name', '')} {raw.get('last_name', '')}".strip()
        return person or str(raw.get("company_title", ""))

    def _fields(self, cells: Cells) -> dict[str, object]:
        raw: dict[str, object] = {}
        errors: list[FieldError] = []
        for field in self._simple:
            source, text_of = self._sources[field.name]
            text = text_of(cells)
            try:
                if text:
                    raw[field.name] = self._read(field, text, source, raw)
                elif field.type not in KEPT_WHEN_EMPTY:
                    raw[field.name] = EMPTY.get(field.type)
            except Invalid as error:
                errors += error.errors
        if errors:
            raise Invalid(errors)
        return raw

    def _read(self, field: Field, text: str, source: Source, raw: Mapping[str, object]) -> object:
        name, directory, format = field.name, self._directory, self._format
        match field.type:
            case FieldType.MONEY:
                return read_money(text, name, source, format)
            case FieldType.NUMBER | FieldType.PERCENT:
                return read_whole(text, name, source, format)
            case FieldType.DATE:
                return read_date(text, name, format)
            case FieldType.FLAG:
                return read_flag(text, name)
            case FieldType.CHOICE:
                return read_choice(text, field.choices)
            case FieldType.CURRENCY:
                return text.upper()
            case FieldType.USER:
                return directory.users.find(text, name)
            case FieldType.PIPELINE:
                return directory.pipelines.find(text, name)
            case FieldType.STAGE:
                return self._stage(text, cast("int | None", raw.get("pipeline")))
            case FieldType.SOURCE:
                return self._source(text)
            case FieldType.LINK | FieldType.LINKS:
                return self._linked(field, text, source)
            case _:
                return text

    def _stage(self, text: str, pipeline: int | None) -> int:
        if self._kind == Kind.DEAL:
            pipeline = pipeline or self._directory.first_pipeline
        stages = self._directory.stages.get((self._kind, pipeline))
        if stages is None:
            raise Invalid.one("stage", "unknown", f"there are no stages of a {self._kind}")
        return stages.find(text, "stage")

    def _source(self, text: str) -> str:
        code = self._directory.sources.get(text.casefold())
        if code is None:
            raise Invalid.one("source", "unknown", f"there is no source {text!r}")
        return code

    def _linked(self, field: Field, text: str, source: Source) -> object:
        index = self._directory.records[cast(Kind, field.kind)]
        found: list[int] = []
        for name in [text] if source.separator is None else text.split(source.separator):
            try:
                found.append(index.find(name.strip(), field.name))
            except Invalid:
                if source.missing == "error":
                    raise
        if field.type == FieldType.LINKS:
            return found
        return found[0] if found else None

    def _points(self, cells: Cells) -> dict[str, object]:
        raw: dict[str, list[JsonObject]] = {}
        for path, (_, text_of) in self._sources.items():
            name, _, label = path.partition(".")
            if name in {"phones", "emails"}:
                points = raw.setdefault(name, [])
                if text := text_of(cells):
                    points.append({"label": label, "value": text})
        return dict(raw)

    def _address(self, cells: Cells) -> dict[str, object]:
        parts = {
            part: self._sources[f"address.{part}"][1] for part in ADDRESS_FIELDS if f"address.{part}" in self._sources
        }
        if not parts:
            return {}
        filled = {part: text_of(cells) for part, text_of in parts.items()}
        return {"addresses": [{"label": "main"} | filled] if any(filled.values()) else []}

    def _products(self, cells: Cells) -> dict[str, object]:
        if "product" not in self._sources:
            return {}
        name = self._sources["product"][1](cells)
        if not name:
            return {"products": []}
        product = self._directory.products.find(name, "product")
        title, price = self._directory.prices[product]
        row: JsonObject = {"product": product, "name": title, "price": price}
        for part in PRODUCT_ROW_FIELDS:
            source, text_of = self._sources.get(f"product.{part}", (Source(value=""), lambda _: ""))
            if text := text_of(cells):
                row[part] = read_money(text, f"product.{part}", source, self._format)
        return {"products": [row]}

    def _custom(self, cells: Cells) -> dict[str, object]:
        filled = {
            path.removeprefix("custom."): text_of(cells)
            for path, (_, text_of) in self._sources.items()
            if path.startswith("custom.")
        }
        return {"custom": filled} if filled else {}
