"""The people of Tecnovia: departments as a tree, a role of every level, twelve people in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.access import Action, Level
from server.domain.words import Kind

PASSWORD = "demo"  # of everybody; the demo company is no secret


@dataclass(frozen=True, slots=True)
class Login:
    """How somebody signs in."""

    name: str
    email: str
    password: str
    role: str


DEPARTMENTS: Mapping[str, str | None] = {
    "Tecnovia": None,
    "Sales": "Tecnovia",
    "Sales Spain": "Sales",
    "Sales International": "Sales",
    "Sales Latin America": "Sales",
    "Presales": "Tecnovia",
    "Operations": "Tecnovia",
    "Logistics": "Operations",
    "Technical service": "Operations",
    "Administration": "Tecnovia",
}
"""Each department with the one above it."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person. `sells` weighs how many records they are responsible for."""

    name: str
    email: str
    department: str
    role: str
    language: str
    time_zone: str
    sells: int = 0
    admin: bool = False


COLLEAGUES = (
    Colleague("Carmen Vidal", "admin@example.com", "Tecnovia", "Administrator", "es", "Europe/Madrid", 1, admin=True),
    Colleague("Ana Belmonte", "ana@example.com", "Sales Spain", "Salesperson", "es", "Europe/Madrid", 5),
    Colleague("Luis Ortega", "luis@example.com", "Presales", "Presales", "es", "Europe/Madrid", 2),
    Colleague("Eva Lindqvist", "eva@example.com", "Sales International", "Manager", "en", "Europe/Stockholm", 4),
    Colleague("Diego Fuentes", "diego@example.com", "Sales", "Head of sales", "es", "Europe/Madrid", 2),
    Colleague(
        "Marta Gil", "marta@example.com", "Sales Latin America", "Team", "es", "America/Argentina/Buenos_Aires", 4
    ),
    Colleague("Jorge Ibarra", "jorge@example.com", "Sales Latin America", "Own records", "es", "America/Santiago", 3),
    Colleague("Tom Whitaker", "tom@example.com", "Sales International", "Salesperson", "en", "Europe/London", 4),
    Colleague("Sofía Paredes", "sofia@example.com", "Logistics", "Operations", "es", "Atlantic/Canary"),
    Colleague("Priya Raman", "priya@example.com", "Technical service", "Operations", "en", "Asia/Kolkata"),
    Colleague("Nuria Prats", "nuria@example.com", "Administration", "Administration", "es", "Europe/Madrid"),
    Colleague("Rubén Salas", "ruben@example.com", "Logistics", "Warehouse", "es", "Europe/Madrid"),
)


def _every(read: Level, write: Level, delete: Level = Level.NONE) -> Mapping[Action, Level]:
    return {Action.READ: read, Action.CREATE: write, Action.UPDATE: write, Action.DELETE: delete, Action.EXPORT: delete}


_READS_ALL = _every(Level.ALL, Level.NONE)
_NOTHING = _every(Level.NONE, Level.NONE)

ROLES: Mapping[str, Mapping[Kind, Mapping[Action, Level]]] = {
    "Head of sales": dict.fromkeys(Kind, _every(Level.BELOW, Level.BELOW, Level.BELOW)),
    "Team": dict.fromkeys(Kind, _every(Level.DEPARTMENT, Level.DEPARTMENT, Level.OWN)),
    "Own records": dict.fromkeys(Kind, _every(Level.OWN, Level.OWN, Level.OWN)),
    "Presales": dict.fromkeys(Kind, _every(Level.OPENED, Level.OPENED)),
    "Operations": dict.fromkeys(Kind, _every(Level.OPENED, Level.OWN))
    | {Kind.COMPANY: _every(Level.ALL, Level.OPENED)},
    "Administration": {
        Kind.LEAD: _NOTHING,
        Kind.DEAL: _READS_ALL,
        Kind.CONTACT: _READS_ALL,
        Kind.COMPANY: _every(Level.ALL, Level.ALL),
        Kind.QUOTE: _READS_ALL,
    },
    "Warehouse": dict.fromkeys(Kind, _NOTHING) | {Kind.COMPANY: _every(Level.OPENED, Level.NONE)},
}
"""Roles beside those of every portal; together they have every level."""
