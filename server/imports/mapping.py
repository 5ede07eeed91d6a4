"""A mapping file: which file holds what, which column is which field, and how its dates and numbers are written."""

from __future__ import annotations

import codecs
import string
from fnmatch import fnmatch
from importlib import resources
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

import msgspec

from server.domain.records import FieldType, fields_of
from server.domain.words import Kind
from server.errors import CaudalError


class MappingError(CaudalError):
    """A mapping file cannot be read or says something impossible. The message is one line that begins with its name."""

    code: ClassVar[str] = "mapping"
    status: ClassVar[int] = 422


class Format(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a file is written. `fallback` reads cells that are not in `encoding`; without it they are problems.

    `dates` are tried in order, as `strptime` takes them.
    """

    encoding: str = "utf-8"
    fallback: str | None = None
    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    dates: tuple[str, ...] = ("%Y-%m-%d",)


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a field comes from: exactly one of a `column`, a constant `value`, or `template` texts of columns in braces,
    of which the first counts whose columns are all filled.

    `multiply` for amounts in thousands or millions · `separator` splits a cell into several links · `missing = "skip"`
    leaves a link empty whose name nobody knows · `slug` makes lower case letters, digits and dots of what is filled in.
    """

    column: str | None = None
    value: str | None = None
    template: tuple[str, ...] = ()
    multiply: int = 1
    separator: str | None = None
    missing: Literal["error", "skip"] = "error"
    slug: bool = False

    def columns(self) -> set[str]:
        """The columns it reads."""
        named = {name for text in self.template for _, name, _, _ in string.Formatter().parse(text) if name}
        return named if self.column is None else named | {self.column}


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: its `name` (or a pattern), what its rows are, the column that is their id there, and their fields.

    `values` corrects cells: column → what is written → what is meant.
    """

    name: str
    kind: Literal["lead", "deal", "contact", "company", "quote", "product", "user"]
    key: str
    fields: dict[str, str | Source]
    values: dict[str, dict[str, str]] = {}
    format: Format | None = None

    def sources(self) -> dict[str, Source]:
        """The fields with their sources; a bare text is a column."""
        return {
            name: Source(column=source) if isinstance(source, str) else source for name, source in self.fields.items()
        }

    def columns(self) -> set[str]:
        """The columns that a file must have."""
        read = (source.columns() for source in self.sources().values())
        return {self.key}.union(self.values, *read)


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole mapping: the `origin` that imported rows are found by again, and the files in the order of import."""

    origin: str
    file: tuple[File, ...]
    format: Format = Format()

    def format_of(self, file: File) -> Format:
        """How a file is written: its own format, or that of the mapping."""
        return file.format or self.format

    def files_for(self, name: str) -> list[File]:
        """The entries that a file of this name is read by, in order."""
        return [file for file in self.file if fnmatch(name.casefold(), file.name.casefold())]


Fields: TypeAlias = frozenset[str]

USER_FIELDS: Fields = frozenset({"name", "email", "department", "role", "language", "time_zone"})
PRODUCT_FIELDS: Fields = frozenset({"name", "series", "price", "currency"})
ADDRESS_FIELDS = ("street", "city", "region", "postal_code", "country")
PRODUCT_ROW_FIELDS = ("quantity", "price", "discount", "tax")


def built_in() -> dict[str, str]:
    """The mappings that come with Caudal: name → text."""
    folder = resources.files("server.imports").joinpath("mappings")
    return {
        item.name.removesuffix(".toml"): item.read_text(encoding="utf-8")
        for item in folder.iterdir()
        if item.name.endswith(".toml")
    }


def load_mapping(name: str | Path) -> Mapping:
    """Reads a mapping file, or one that comes with Caudal by its bare name. Raises MappingError."""
    text = built_in().get(str(name))
    if text is None:
        try:
            text = Path(name).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise MappingError(f"{name}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise MappingError(f"{name}: a mapping is written in UTF-8") from None
    return parse_mapping(text, str(name))


def parse_mapping(text: str, name: str) -> Mapping:
    """Reads the text of a mapping file; `name` is for messages. Raises MappingError."""
    try:
        mapping = msgspec.toml.decode(text, type=Mapping)
    except msgspec.ValidationError as error:
        raise MappingError(f"{name}: {error}") from None
    except msgspec.DecodeError as error:
        raise MappingError(f"{name}: this is not TOML: {error}") from None
    for wrong in _wrong(mapping):
        raise MappingError(f"{name}: {wrong}")
    return mapping


def _wrong(mapping: Mapping) -> list[str]:
    """Everything that the types alone do not say."""
    wrong: list[str] = []
    if not 1 <= len(mapping.origin) <= 64:
        wrong.append("origin: 1 to 64 characters")
    for file in mapping.file:
        wrong += _wrong_format(mapping.format_of(file))
        known = known_fields(file.kind)
        for path, source in file.sources().items():
            if path not in known and not path.startswith("custom."):
                wrong.append(f"{file.name}: a {file.kind} has no field {path!r}; there are {', '.join(sorted(known))}")
            if sum((source.column is not None, source.value is not None, bool(source.template))) != 1:
                wrong.append(f"{file.name}: {path}: exactly one of column, value, template")
    return wrong


def _wrong_format(format: Format) -> list[str]:
    wrong: list[str] = []
    for encoding in filter(None, (format.encoding, format.fallback)):
        try:
            codecs.lookup(encoding)
        except LookupError:
            wrong.append(f"format: there is no encoding {encoding!r}")
    if len(format.delimiter) != 1:
        wrong.append("format: a delimiter is one character")
    if format.decimal == format.thousands:
        wrong.append("format: decimal and thousands cannot be the same")
    return wrong


def known_fields(kind: str) -> Fields:
    """The names that a mapping may use for the fields of a kind."""
    if kind == "user":
        return USER_FIELDS
    if kind == "product":
        return PRODUCT_FIELDS
    known: set[str] = {"number"} if kind == Kind.QUOTE else set()
    for field in fields_of(Kind(kind)).values():
        match field.type:
            case FieldType.POINTS:
                known |= {f"{field.name}.{label}" for label in ("work", "mobile", "home", "other")}
            case FieldType.ADDRESSES:
                known |= {f"address.{part}" for part in ADDRESS_FIELDS}
            case FieldType.PRODUCTS:
                known |= {"product"} | {f"product.{part}" for part in PRODUCT_ROW_FIELDS}
            case FieldType.CUSTOM:
                known.add("custom.<name>")
            case _:
                known.add(field.name)
    return frozenset(known)
