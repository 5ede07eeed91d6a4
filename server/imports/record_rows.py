"""One row as the fields of a record: every cell read, every name looked up, checked as if a person had typed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from server.actions.fields import parse_fields
from server.domain.records import Field, FieldType, fields_of
from server.domain.text import clean_line
from server.domain.words import JsonObject, Kind
from server.errors import FieldError, Invalid
from server.imports.cells import Cells, fill, read_money, read_plain
from server.imports.directory import Directory
from server.imports.mapping import ADDRESS_FIELDS, PRODUCT_ROW_FIELDS, File, Format, Source
from server.imports.plan import Values
from server.imports.table import Row

KEPT_WHEN_EMPTY = frozenset(
    {FieldType.USER, FieldType.STAGE, FieldType.PIPELINE, FieldType.FLAG, FieldType.CHOICE}
)  # an empty cell says nothing about these: a record always has one
EMPTY: Mapping[FieldType, object] = {FieldType.LINE: "", FieldType.TEXT: "", FieldType.LINKS: []}


class RecordRows:
    """Reads the rows of one file."""

    def __init__(self, file: File, format: Format, directory: Directory) -> None:
        self._kind = Kind(file.kind)
        self._format = format
        self._directory = directory
        known = fields_of(self._kind)
        self._sources = {path: (source, fill(source)) for path, source in file.sources().items()}
        self._simple = [known[path] for path in ("pipeline", *self._sources) if path in known and path in self._sources]

    def values(self, row: Row) -> Values:
        """The fields of a row, checked as if a person had typed them. Raises Invalid naming all that are wrong."""
        errors: list[FieldError] = []
        raw = self._fields(row.cells, errors)
        for read in (self._points, self._address, self._products, self._custom):
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

    def _fields(self, cells: Cells, errors: list[FieldError]) -> dict[str, object]:
        raw: dict[str, object] = {}
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
        return raw

    def _read(self, field: Field, text: str, source: Source, raw: Mapping[str, object]) -> object:
        match field.type:
            case FieldType.USER:
                return self._directory.users.find(text, field.name)
            case FieldType.PIPELINE:
                return self._directory.pipelines.find(text, field.name)
            case FieldType.STAGE:
                return self._stage(text, cast("int | None", raw.get("pipeline")))
            case FieldType.SOURCE:
                return self._source(text)
            case FieldType.LINK | FieldType.LINKS:
                return self._linked(field, text, source)
            case _:
                return read_plain(text, field, source, self._format)

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
