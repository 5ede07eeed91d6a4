"""Who opened a session, and by what."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.words import JsonObject, Millis, UserId


@dataclass(frozen=True, slots=True)
class Identity:
    """Who connected. `person` is how others see them: `{"user": 7, "name": "Ana Belmonte"}`.

    `credential`: what `login.ended` calls the login or token · `expires`: when it ends by itself.
    """

    user: UserId
    person: JsonObject
    credential: str = ""
    expires: Millis | None = None
