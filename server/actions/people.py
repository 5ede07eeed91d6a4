"""What a user changes about oneself."""

from __future__ import annotations

from zoneinfo import available_timezones

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import update

from server.actions.verbs import Noun, Outcome, verb
from server.domain.events import Name, Reach
from server.domain.words import JsonObject
from server.errors import Invalid
from server.store.drafts import Draft, Image
from server.store.schema import users
from server.store.work import Work

LANGUAGES = ("en", "es")
THEMES = (None, "light", "dark")


class Preferences(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; the rest stays. `theme` None: as the system says."""

    language: str | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET
    theme: str | UnsetType | None = UNSET


@verb("me.change", Preferences)
async def change(work: Work, wanted: Preferences) -> Outcome:
    """Changes language, time zone or theme, on all of the user's screens."""
    values = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
    if wanted.language is not UNSET and wanted.language not in LANGUAGES:
        raise Invalid.one("language", "choice", f"one of {', '.join(LANGUAGES)}")
    if wanted.theme is not UNSET and wanted.theme not in THEMES:
        raise Invalid.one("theme", "choice", "light, dark or null")
    if wanted.time_zone is not UNSET and wanted.time_zone not in available_timezones():
        raise Invalid.one("time_zone", "choice", "a name of the IANA time zone database")
    if values:
        await work.connection.execute(update(users).where(users.c.id == work.user).values(values))
        data: JsonObject = {"preferences": values}
        own = Image(audience=frozenset({work.user}), data=data)
        work.record(Draft(Name.USER_CHANGED, reach=Reach.PERSONAL, frozen=own))
    return Outcome(Noun.ME)
