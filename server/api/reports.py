"""Reports and the sales funnel over HTTP."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from server.api.http import Call, Router, answer, listed
from server.domain.deadlines import time_zone
from server.domain.reports import REPORTS, Group, Question, Report
from server.domain.words import RecordId, UserId
from server.errors import Invalid
from server.store.reports import ROWS_MAX, Opening, check_known, open_report, read_report
from server.store.reports.funnel import read_funnel
from server.store.schema import users
from server.store.work import now

FILTERS = ("from", "to", "pipeline", "responsible", "company", "product")
PAGE = 50  # records
PAGE_MAX = 200


def add_routes(router: Router) -> None:
    """All reports by name, and the funnel."""
    router.add("GET", "/reports", reports)
    router.add("GET", "/reports/{name}", report)
    router.add("GET", "/reports/{name}/records", opened)
    router.add("GET", "/funnel", funnel)


async def reports(call: Call) -> Response:
    """What reports there are, and what can be asked of them."""
    call.parameters()
    rows = [
        {
            "report": row.name,
            "groups": [str(group) for group in row.groups],
            "measures": [str(measure) for measure in row.measures],
            "dated": row.dated,
        }
        for row in REPORTS.values()
    ]
    return answer({"reports": rows})


async def report(call: Call) -> Response:
    """One report."""
    call.parameters("group", "limit", *FILTERS)
    wanted = _named(call)
    limit = call.number("limit", ROWS_MAX, highest=ROWS_MAX) or ROWS_MAX
    async with call.reading() as (connection, access):
        asked = await _question(call, connection, wanted)
        return answer(await read_report(connection, access, wanted, asked, limit))


async def opened(call: Call) -> Response:
    """The records behind one row of a report."""
    given = call.parameters("group", "key", "currency", "before", "limit", *FILTERS)
    wanted = _named(call)
    if not given.get("key"):
        raise Invalid.one("key", "required")
    before = call.number("before")
    limit = call.number("limit", PAGE, highest=PAGE_MAX) or PAGE
    currency = (given.get("currency") or [""])[-1] or None
    opening = Opening(given["key"][-1], currency, None if before is None else RecordId(before), limit)
    async with call.reading() as (connection, access):
        asked = await _question(call, connection, wanted)
        found = await open_report(connection, access, wanted, asked, opening)
    return listed("records", found)


async def funnel(call: Call) -> Response:
    """The sales funnel of a pipeline; without one of the first."""
    call.parameters(*FILTERS)
    async with call.reading() as (connection, access):
        return answer(await read_funnel(connection, access, await _question(call, connection, None)))


def _named(call: Call) -> Report:
    return check_known(REPORTS.get(call.request.path_params["name"]))


async def _question(call: Call, connection: AsyncConnection, report: Report | None) -> Question:
    """The question in the query. Months begin where the reader is."""
    groups = (Group.STAGE,) if report is None else report.groups
    given = call.request.query_params.get("group") or str(groups[0])
    if given not in set(map(str, groups)):
        raise Invalid.one("group", "choice", f"one of {', '.join(groups)}", choices=[str(group) for group in groups])
    since, until = call.number("from"), call.number("to")
    if since is not None and until is not None and until <= since:
        raise Invalid.one("to", "order", "it ends before it begins")
    responsible, company = call.number("responsible"), call.number("company")
    zone = (await connection.execute(select(users.c.time_zone).where(users.c.id == call.user))).scalar_one()
    return Question(
        group=Group(given),
        now=now(),
        zone=time_zone(zone),
        since=since,
        until=until,
        pipeline=call.number("pipeline"),
        responsible=None if responsible is None else UserId(responsible),
        company=None if company is None else RecordId(company),
        product=call.number("product"),
    )
