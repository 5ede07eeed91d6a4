"""Adding one record to the demo company: its row, its links, its phones and addresses."""

from __future__ import annotations

from server.demo.names import DIALS, FAMILY, GIVEN
from server.demo.world import Made, Person, World
from server.domain.access import Owned
from server.domain.text import fold
from server.domain.words import JsonObject, Kind, Millis
from server.store.schema import DETAILS, contact_points, record_links, records


def add(
    world: World,
    kind: Kind,
    title: str,
    owner: Person,
    *,
    created: Millis,
    language: str,
    opened: bool,
    search: tuple[str, ...] = (),
    detail: JsonObject,
    **common: object,
) -> Made:
    """Adds a record with the row of its own kind; `common` are further columns of `records`."""
    row: JsonObject = {
        "kind": str(kind),
        "title": title,
        "search": fold("\n".join((title, *search))),
        "responsible_id": owner.id,
        "department_id": owner.access.department,
        "opened": opened,
        "custom": {},
        "created_by": owner.id,
        "created_at": created,
        "changed_by": owner.id,
        "changed_at": created,
        "last_activity_by": owner.id,
        "last_activity_at": created,
        "version": 1,
    }
    number = world.rows.add(records, **(row | common))
    world.rows.add(DETAILS[kind], record_id=number, **detail)
    owned = Owned(kind, owner.id, owner.access.department, opened)
    made = Made(number, kind, owned, world.rows.of(records)[-1], language, created)
    world.records.append(made)
    return made


def link(world: World, of: Made, role: str, *others: Made | None) -> None:
    """Links a record to others, in order."""
    for sort, other in enumerate(filter(None, others)):
        world.rows.add(record_links, record_id=of.id, role=role, other_id=other.id, sort=sort)


def points(world: World, of: Made, phone: str, email: str) -> None:
    """Gives a record its phone and its e-mail address."""
    of.phone, of.email = phone, email
    world.rows.add(contact_points, record_id=of.id, type="phone", label="work", value=phone, sort=0)
    world.rows.add(contact_points, record_id=of.id, type="email", label="work", value=email, sort=0)


def a_phone(world: World, country: str) -> str:
    """A phone number of a country."""
    digits = world.rng.randrange(10_000_000, 99_999_999)
    return f"{DIALS[country]}{str(digits)[:2]} {str(digits)[2:5]} {str(digits)[5:]}"


def a_name(world: World, language: str) -> tuple[str, str]:
    """A given name and a family name; in Spanish sometimes two."""
    family = world.rng.sample(FAMILY[language], 2 if language == "es" and world.rng.random() < 0.25 else 1)
    return world.rng.choice(GIVEN[language]), " ".join(family)
