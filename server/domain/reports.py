"""The reports (PRODUCT §11): what each counts, by what it can be grouped, and of which date its period is.

Adding a report is one row in `REPORTS`, its query in `store/reports/`, its texts in `web/locales/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from server.domain.words import Millis, RecordId, UserId
from server.errors import Invalid


class Group(StrEnum):
    """What one row of a report stands for."""

    MONTH = "month"
    WEEK = "week"
    STAGE = "stage"
    RESPONSIBLE = "responsible"
    COMPANY = "company"
    PRODUCT = "product"
    TYPE = "type"


TIMES = frozenset({Group.MONTH, Group.WEEK})


class Measure(StrEnum):
    """What a row says. Amounts are never added across currencies: a row is of one currency."""

    COUNT = "count"
    AMOUNT = "amount"
    WEIGHTED = "weighted"
    """Amounts times probability; a deal without one counts in full."""
    QUANTITY = "quantity"
    COMPLETED = "completed"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    MINUTES = "minutes"
    """The average time to the first reply."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report. The first of `groups` is the one without a word. `dated` is what its period is about."""

    name: str
    groups: tuple[Group, ...]
    measures: tuple[Measure, ...]
    dated: str


_MONEY = (Measure.COUNT, Measure.AMOUNT)
_OF_DEALS = (Group.RESPONSIBLE, Group.COMPANY, Group.STAGE)

REPORTS: Mapping[str, Report] = {
    row.name: row
    for row in (
        Report("won", (Group.MONTH, Group.WEEK, *_OF_DEALS), _MONEY, "closed"),
        Report("expected", (Group.MONTH, *_OF_DEALS), (*_MONEY, Measure.WEIGHTED), "due"),
        Report("overdue", _OF_DEALS, _MONEY, "due"),
        Report("by_stage", (Group.STAGE, Group.MONTH, Group.WEEK), _MONEY, "created"),
        Report("by_responsible", (Group.RESPONSIBLE, Group.MONTH, Group.WEEK), _MONEY, "created"),
        Report("by_company", (Group.COMPANY, Group.MONTH, Group.WEEK), _MONEY, "created"),
        Report("by_product", (Group.PRODUCT,), (Measure.COUNT, Measure.QUANTITY, Measure.AMOUNT), "closed"),
        Report(
            "activities",
            (Group.RESPONSIBLE, Group.TYPE),
            (Measure.COUNT, Measure.COMPLETED, Measure.OVERDUE),
            "created",
        ),
        Report("first_reply", (Group.RESPONSIBLE,), (Measure.ANSWERED, Measure.MINUTES), "created"),
    )
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a report. `since` inclusive, `until` exclusive; without them all of it. `zone` is the reader's,
    in which days, weeks and months begin; `now` decides what is overdue.
    """

    group: Group
    now: Millis
    zone: tzinfo
    since: Millis | None = None
    until: Millis | None = None
    pipeline: int | None = None
    responsible: UserId | None = None
    company: RecordId | None = None
    product: int | None = None


BUCKETS_MAX = 400  # months or weeks of one report
YEAR_MIN, YEAR_MAX = 1971, 2200  # of moments that can be reported on


def day_of(moment: Millis, zone: tzinfo) -> str:
    """The day of a moment, `YYYY-MM-DD`."""
    return datetime.fromtimestamp(moment / 1000, zone).date().isoformat()


def buckets(group: Group, first: Millis, last: Millis, zone: tzinfo) -> Sequence[tuple[str, Millis]]:
    """The months (`2026-11`) or weeks (by their Monday, `2026-11-23`) from one moment to another, each with the moment
    at which it ends. Raises Invalid when there are too many.
    """
    begin = datetime.fromtimestamp(first / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    begin = begin.replace(day=1) if group is Group.MONTH else begin - timedelta(days=begin.weekday())
    found: list[tuple[str, Millis]] = []
    end = first
    while end <= last:
        name = f"{begin:%Y-%m}" if group is Group.MONTH else f"{begin:%Y-%m-%d}"
        begin = (begin + timedelta(days=32)).replace(day=1) if group is Group.MONTH else begin + timedelta(days=7)
        end = round(begin.timestamp() * 1000)
        found.append((name, end))
        if len(found) > BUCKETS_MAX:
            raise Invalid.one("from", "too_long", f"at most {BUCKETS_MAX} {group}s", limit=BUCKETS_MAX)
    return found
