"""A CSV file as numbered rows. What is wrong with a row is said with its line; the rows after it are read all the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from server.errors import Invalid
from server.imports.mapping import File, Format
from server.imports.report import FileReport, Problem

CELL_MAX = 1_000_000  # characters; a longer cell is a quote that was never closed


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins at (1 is the header), its id in the file, its cells by column, without outer blanks."""

    line: int
    key: str
    cells: Mapping[str, str]


def read_table(path: Path, file: File, format: Format, report: FileReport) -> list[Row]:
    """The good rows of a file. Problems go into `report`; a file that cannot be read at all has no rows."""
    text = _text(path, format, report)
    if text is None:
        return []
    lines = _lines(text, format, report)
    header = next(lines, None)
    if header is None:
        _refuse(report, "empty", "the file has no header")
        return []
    columns = [cell.strip() for cell in header[1]]
    for column in sorted(file.columns() - set(columns)):
        _refuse(report, "column", f"there is no column {column!r}", column)
    for column in sorted({column for column in columns if columns.count(column) > 1} & file.columns()):
        _refuse(report, "column", f"there are several columns {column!r}", column)
    return [] if report.problems else list(_rows(lines, columns, file, format, report))


def _refuse(report: FileReport, code: str, message: str, field: str = "", line: int = 0) -> None:
    report.problems.append(Problem(report.file, line, code, field, message))


def _text(path: Path, format: Format, report: FileReport) -> str | None:
    """The text, in which bytes of another encoding are kept as surrogates: they concern their rows alone."""
    try:
        data = path.read_bytes()
    except OSError as error:
        _refuse(report, "unreadable", error.strerror or "the file cannot be read")
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and not format.encoding.lower().startswith("utf-16"):
        _refuse(report, "encoding", f"the file is UTF-16, not {format.encoding}", line=1)
        return None
    try:
        return data.decode(format.encoding, "surrogateescape").removeprefix("\ufeff")
    except (UnicodeDecodeError, UnicodeError) as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        _refuse(report, "encoding", f"the file is not {format.encoding}", line=data.count(b"\n", 0, at) + 1)
        return None


def _lines(text: str, format: Format, report: FileReport) -> Iterator[tuple[int, list[str]]]:
    """The rows that can be told apart, with the line each begins at; empty ones are passed over."""
    csv.field_size_limit(CELL_MAX)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=format.delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            _refuse(report, "quotes", str(error), line=line)
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _rows(
    lines: Iterator[tuple[int, list[str]]], columns: list[str], file: File, format: Format, report: FileReport
) -> Iterator[Row]:
    first: dict[str, int] = {}
    for line, cells in lines:
        try:
            row = _row(line, cells, columns, file, format)
        except Invalid as error:
            report.refuse(line, error)
            continue
        if (before := first.setdefault(row.key, line)) != line:
            _refuse(report, "duplicate", f"{row.key!r} was already in line {before}", file.key, line)
            continue
        yield row


def _row(line: int, cells: list[str], columns: list[str], file: File, format: Format) -> Row:
    if len(cells) != len(columns):
        raise Invalid.one("", "cells", f"{len(columns)} cells are expected, {len(cells)} found")
    named = {column: _cell(column, cell, format) for column, cell in zip(columns, cells, strict=True)}
    for column, meant in file.values.items():
        named[column] = meant.get(named[column], named[column])
    key = named[file.key]
    if not key:
        raise Invalid.one(file.key, "required", "the row has no id")
    return Row(line, key, named)


def _cell(column: str, cell: str, format: Format) -> str:
    if not cell.isascii() and any("\udc80" <= char <= "\udcff" for char in cell):
        if format.fallback is None:
            raise Invalid.one(column, "encoding", f"this is not {format.encoding}")
        try:
            cell = cell.encode(format.encoding, "surrogateescape").decode(format.fallback)
        except UnicodeError:
            raise Invalid.one(column, "encoding", f"neither {format.encoding} nor {format.fallback}") from None
    return cell.strip()
