"""When a quick activity is due (PRODUCT §4). Takes the moment as an argument: nothing here has a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.domain.words import Millis

SATURDAY = 5


def default_deadline(now: Millis, zone: tzinfo, days: int) -> Millis:
    """The deadline of a quick activity (PRODUCT §4): some working days ahead, at the next full hour, in `zone`.

    At 23:20 the next full hour is tomorrow's first, so the days are counted from it. Hours that a change of clocks
    leaves out are passed over.
    """
    wall = datetime.fromtimestamp(now / 1000, zone).replace(minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    wall += timedelta(hours=1)
    ahead = 0
    while ahead < days:
        wall += timedelta(days=1)
        ahead += wall.weekday() < SATURDAY
    while wall.weekday() >= SATURDAY or not _exists(wall, zone):
        wall += timedelta(hours=1)
    return round(wall.replace(tzinfo=zone).timestamp() * 1000)


def _exists(wall: datetime, zone: tzinfo) -> bool:
    there = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None, fold=0) == wall


def time_zone(name: str) -> tzinfo:
    """A time zone by its IANA name; UTC for one that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
