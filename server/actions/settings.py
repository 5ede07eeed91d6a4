"""How the portal is set up (PRODUCT §11): admins change it, everybody's screens load it anew."""

from __future__ import annotations

import msgspec
from sqlalchemy import delete, insert

from server.actions.needs import refresh_all
from server.actions.verbs import Noun, Outcome, verb
from server.domain.events import Name, Reach
from server.domain.history import Note, What
from server.domain.settings import SETTINGS, Value
from server.errors import FieldError, Invalid
from server.store.drafts import Draft, Image
from server.store.schema import settings
from server.store.settings import read_settings
from server.store.users import check_admin
from server.store.work import Work


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """Settings to change, by name; the others stay."""

    settings: dict[str, object]


@verb("settings.change", Settings)
async def change(work: Work, wanted: Settings) -> Outcome:
    """Changes settings. Raises Forbidden for all but admins, Invalid naming every wrong one."""
    check_admin(work.access)
    values = _checked(wanted.settings)
    before = await read_settings(work.connection)
    changed = {name: value for name, value in values.items() if value != before[name]}
    if changed:
        await work.connection.execute(delete(settings).where(settings.c.name.in_(list(changed))))
        await work.connection.execute(insert(settings), [{"name": n, "value": v} for n, v in changed.items()])
        for name, value in changed.items():
            work.note(Note(What.SETTINGS, field=name, before=before[name], after=value))
        if "counters.mode" in changed:
            await refresh_all(work)
        work.record(Draft(Name.SETTINGS_CHANGED, Reach.PORTAL, frozen=Image(data={"what": "settings"})))
    return Outcome(Noun.SETTINGS)


def _checked(given: dict[str, object]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    errors: list[FieldError] = []
    for name, value in given.items():
        if name not in SETTINGS:
            errors.append(FieldError(name, "unknown", "there is no such setting"))
            continue
        try:
            values[name] = SETTINGS[name].check(name, value)
        except Invalid as error:
            errors.extend(error.errors)
    if errors:
        raise Invalid(errors)
    return values
