"""The records: companies with their contacts, leads, deals, quotes, spread over a year and over the people who sell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from server.demo.goods import CATALOGUE, DEALS, WANTS
from server.demo.making import a_name, a_phone, add, link, points
from server.demo.names import FIRMS, JOBS, STREETS, Firm
from server.demo.world import DAY, YEAR, Made, Person, World
from server.domain.text import fold
from server.domain.words import JsonObject, Kind, Millis
from server.store.schema import (
    DETAILS,
    addresses,
    product_rows,
    products,
)

LEADS, DEALS_MADE, QUOTES = 75, 120, 48
SOURCES = ("call", "email", "web", "form", "fair", "referral", "advertising", "partner", "client")


def make_records(world: World) -> None:
    """Fills the world with records, companies first."""
    for name, series, price in CATALOGUE:
        world.rows.add(products, name=name, series=series, price=Decimal(price), currency="EUR")
    _own_company(world)
    firms = {firm.title: _company(world, firm) for firm in FIRMS}
    for firm in FIRMS:
        for number in range(world.rng.choice((1, 2, 2, 3))):
            _contact(world, firm, firms[firm.title], first=number == 0)
    clients = [firm for firm in FIRMS if firm.type == "client"]
    for _ in range(LEADS):
        _lead(world, world.rng.choice(clients))
    for number in range(DEALS_MADE):
        firm = clients[number % len(clients)] if number < len(clients) else world.rng.choice(clients)
        _deal(world, firm, firms[firm.title])
    for number in range(QUOTES):
        _quote(world, number + 1)


def day_of(at: Millis) -> str:
    """`YYYY-MM-DD`."""
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()


def _seller(world: World, language: str) -> Person:
    sellers = [person for person in world.people if person.who.sells]
    weights = [person.who.sells * (4 if person.language == language else 1) for person in sellers]
    return world.rng.choices(sellers, weights)[0]


def _own_company(world: World) -> None:
    boss = world.people[0]
    detail: JsonObject = {"type": "other", "industry": "computer hardware", "employees": 64, "web": "tecnovia.example"}
    made = add(
        world,
        Kind.COMPANY,
        "Tecnovia",
        boss,
        created=world.now - YEAR,
        language="es",
        opened=True,
        search=("+34 94 400 12 00", "ventas@tecnovia.example"),
        detail=detail | {"my_company": True},
    )
    points(world, made, "+34 94 400 12 00", "ventas@tecnovia.example")


def _company(world: World, firm: Firm) -> Made:
    owner = _seller(world, firm.language)
    phone, email = a_phone(world, firm.country), f"{'info' if firm.language == 'es' else 'office'}@{firm.domain}"
    detail: JsonObject = {"type": firm.type, "industry": firm.industry, "web": firm.domain, "my_company": False}
    made = add(
        world,
        Kind.COMPANY,
        firm.title,
        owner,
        created=world.moment(world.now - YEAR, world.now - 150 * DAY, owner.who.time_zone),
        language=firm.language,
        opened=world.rng.random() < 0.6,
        search=(phone, email),
        detail=detail | {"employees": world.rng.choice((8, 15, 24, 40, 75, 120, 260, 480, 900, 2400))},
        amount=Decimal(world.rng.randrange(3, 900)) * 100_000,
        currency="EUR",
        source=world.rng.choice(SOURCES),
    )
    points(world, made, phone, email)
    street = f"{world.rng.choice(STREETS[firm.language])} {world.rng.randint(1, 140)}"
    postal_code = f"{world.rng.randrange(10_000, 53_000)}"
    world.rows.add(
        addresses, record_id=made.id, street=street, city=firm.city, postal_code=postal_code, country=firm.country
    )
    return made


def _contact(world: World, firm: Firm, company: Made, *, first: bool) -> None:
    given, family = a_name(world, firm.language)
    owner = next(person for person in world.people if person.id == company.owned.responsible)
    phone = a_phone(world, firm.country)
    email = f"{fold(given)[0]}.{fold(family).split()[0]}@{firm.domain}"
    made = add(
        world,
        Kind.CONTACT,
        f"{given} {family}",
        owner,
        created=world.moment(company.created, min(company.created + 90 * DAY, world.now), owner.who.time_zone),
        language=firm.language,
        opened=company.owned.opened,
        search=(given, family, phone, email),
        detail={
            "first_name": given,
            "last_name": family,
            "type": {"competitor": "other"}.get(firm.type, firm.type),
            "job_title": world.rng.choice(JOBS[firm.language]),
        },
        source=company.row["source"],
    )
    made.company, made.first_name = company, given
    if first:
        company.contact = made
    points(world, made, phone, email)
    link(world, made, "companies", company)


def _lead(world: World, like: Firm) -> None:
    given, family = a_name(world, like.language)
    owner = _seller(world, like.language)
    phone, email = a_phone(world, like.country), f"{fold(given)}.{fold(family).split()[0]}@mail.example"
    wish = world.rng.choice(WANTS[like.language]).format(m=world.rng.randint(4, 30))
    made = add(
        world,
        Kind.LEAD,
        f"{wish} · {given} {family}",
        owner,
        created=world.moment(world.now - 240 * DAY, world.now, owner.who.time_zone),
        language=like.language,
        opened=world.rng.random() < 0.5,
        search=(given, family, like.title, phone, email),
        detail={
            "first_name": given,
            "last_name": family,
            "company_title": like.title,
            "job_title": world.rng.choice(JOBS[like.language]),
        },
        stage_id=world.stages[Kind.LEAD][0][0],
        amount=Decimal(world.rng.randrange(8, 260)) * 100,
        currency="EUR",
        source=world.rng.choice(SOURCES),
    )
    made.first_name, made.firm_name = given, like.title
    points(world, made, phone, email)


def _goods(world: World, of: Made) -> Decimal:
    """Product rows of a deal or quote, and what they come to."""
    total = Decimal(0)
    for sort, number in enumerate(world.rng.sample(range(len(CATALOGUE)), world.rng.choice((1, 2, 2, 3)))):
        name, _, price = CATALOGUE[number]
        quantity, discount = (
            Decimal(world.rng.choice((1, 2, 4, 6, 10, 14, 24, 40))),
            Decimal(world.rng.choice((0, 0, 3, 5))),
        )
        values: JsonObject = {"quantity": quantity, "price": Decimal(price), "discount": discount}
        row: JsonObject = {"record_id": of.id, "product_id": number + 1, "name": name, "tax": Decimal(21), "sort": sort}
        world.rows.add(product_rows, **(row | values))
        total += quantity * Decimal(price) * (100 - discount) / 100
    return total.quantize(Decimal("0.01"))


def _deal(world: World, firm: Firm, company: Made) -> None:
    owner = next(person for person in world.people if person.id == company.owned.responsible)
    if world.rng.random() < 0.3:
        owner = _seller(world, firm.language)
    what = world.rng.choice(DEALS[firm.language])
    what = what.format(n=world.rng.choice((20, 28, 40, 60, 85, 120)), m=world.rng.randint(3, 18), city=firm.city)
    created = world.moment(max(company.created, world.now - 300 * DAY), world.now, owner.who.time_zone)
    closes = datetime.fromtimestamp(created / 1000, UTC) + timedelta(days=world.rng.randint(20, 120))
    made = add(
        world,
        Kind.DEAL,
        f"{what} · {firm.title}",
        owner,
        created=created,
        language=firm.language,
        opened=world.rng.random() < 0.45,
        detail={
            "pipeline_id": world.pipeline,
            "probability": world.rng.choice((10, 25, 40, 50, 60, 75, 90)),
            "begin_date": day_of(created),
            "close_date": closes.date().isoformat(),
        },
        stage_id=world.stages[Kind.DEAL][0][0],
        currency="EUR",
        amount=None,
        source=company.row["source"],
    )
    made.company, made.contact = company, company.contact
    made.row["amount"] = _goods(world, made)
    link(world, made, "company", company)
    link(world, made, "contacts", company.contact)


def _quote(world: World, number: int) -> None:
    deal = world.rng.choice([record for record in world.of(Kind.DEAL) if record.created < world.now - 3 * DAY])
    owner = next(person for person in world.people if person.id == deal.owned.responsible)
    created = world.moment(deal.created, min(deal.created + 40 * DAY, world.now), owner.who.time_zone)
    code = f"Q-{day_of(created)[:4]}-{number:04d}"
    issued = datetime.fromtimestamp(created / 1000, UTC)
    made = add(
        world,
        Kind.QUOTE,
        f"{code} · {deal.title}"[:255],
        owner,
        created=created,
        language=deal.language,
        opened=deal.owned.opened,
        search=(code,),
        detail={
            "number": code,
            "issue_date": issued.date().isoformat(),
            "close_date": (issued + timedelta(days=30)).date().isoformat(),
            "terms": "30 días" if deal.language == "es" else "30 days",
        },
        stage_id=world.stages[Kind.QUOTE][0][0],
        currency="EUR",
        amount=None,
    )
    made.company, made.contact = deal.company, deal.contact
    made.row["amount"] = total = _goods(world, made)
    world.rows.of(DETAILS[Kind.QUOTE])[-1]["tax"] = (total * 21 / 100).quantize(Decimal("0.01"))
    link(world, made, "company", deal.company)
    link(world, made, "contacts", deal.contact)
    link(world, made, "deal", deal)
