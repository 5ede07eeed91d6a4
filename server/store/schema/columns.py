"""What the tables are made of: the metadata with its naming rule, and the column types that need a word."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import BigInteger, Column, Dialect, ForeignKey, Integer, MetaData, String
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; SQLite numbers rows by itself only where the type is literally INTEGER."""


class Money(TypeDecorator[Decimal]):
    """An amount with two decimals, stored as whole hundredths: exact, sortable and addable in both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _: Dialect) -> int | None:
        return None if value is None else int((value * 100).to_integral_value())

    def process_result_value(self, value: int | None, _: Dialect) -> Decimal | None:
        return None if value is None else (Decimal(value) / 100).quantize(Decimal("0.01"))


def key() -> Column[int]:
    """The primary key of a table whose rows have a number of their own."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def moment(name: str, *, nullable: bool = False) -> Column[int]:
    """Milliseconds since 1970 UTC."""
    return Column(name, BigInteger, nullable=nullable)


def refers(
    name: str, target: str, *, nullable: bool = False, cascade: bool = False, primary: bool = False
) -> Column[int]:
    """A foreign key to `target.id`; with `cascade` the row goes with what it belongs to."""
    reference = ForeignKey(f"{target}.id", ondelete="CASCADE" if cascade else None)
    return Column(name, Id, reference, nullable=nullable, primary_key=primary)


def word(name: str, length: int = 16, *, nullable: bool = False, default: str | None = None) -> Column[str]:
    """One of a small closed set of words."""
    return Column(name, String(length), nullable=nullable, server_default=default)
