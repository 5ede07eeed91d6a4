"""Rows that are products of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.text import clean_line
from server.domain.words import EntryId
from server.errors import Invalid
from server.imports.cells import fill, read_money
from server.imports.directory import Pretended
from server.imports.mapping import File, Format
from server.imports.plan import Plan, Values, Wanted
from server.imports.table import Row
from server.store.schema import products
from server.store.work import Work


class Products:
    """The importer of one file of products."""

    def __init__(self, file: File, format: Format, origin: str) -> None:
        self._sources = {path: (source, fill(source)) for path, source in file.sources().items()}
        self._format = format
        self._origin = origin

    def pretended(self, added: Wanted, id: int) -> Pretended:
        """A product is named by its name or its id in the file."""
        return Pretended("product", id, (str(added.values["name"]), added.row.key))

    async def plan(self, connection: AsyncConnection, access: Access, rows: Sequence[Wanted]) -> Plan:
        """Which products are new, changed, unchanged, wrong."""
        plan = Plan()
        keys = [each.row.key for each in rows]
        own = select(products).where(products.c.origin == self._origin, products.c.external_id.in_(keys))
        there = {row.external_id: row for row in await connection.execute(own)}
        for each in rows:
            row, values = each.row, each.values
            if not access.admin:
                plan.refused.append((row, Invalid.one("", "forbidden", "only admins may create products")))
                continue
            if before := there.get(row.key):
                plan.note(row, before.id, {name: getattr(before, name) for name in values}, values)
            else:
                plan.added.append(Wanted(row, {"price": Decimal(0), "currency": "EUR"} | values))
        return plan

    def values(self, row: Row) -> Values:
        """The row's fields, checked."""
        values: Values = {}
        for name, (source, text_of) in self._sources.items():
            text = text_of(row.cells)
            if name == "price":
                values[name] = Decimal(read_money(text or "0", name, source, self._format))
            elif name == "currency":
                values[name] = _currency(text)
            else:
                values[name] = clean_line(text, name) or None
        if not values.get("name"):
            raise Invalid.one("name", "required")
        return values

    async def write(self, work: Work, plan: Plan, card: EntryId) -> None:  # noqa: ARG002 (products have no entries)
        """Makes and changes products."""
        if plan.added:
            new = [each.values | {"origin": self._origin, "external_id": each.row.key} for each in plan.added]
            await work.connection.execute(insert(products), new)
        for each in plan.changed:
            await work.connection.execute(update(products).where(products.c.id == each.id).values(each.values))


def _currency(text: str) -> str:
    code = text.upper()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise Invalid.one("currency", "currency", f"{text!r} is no currency code of ISO 4217")
    return code
