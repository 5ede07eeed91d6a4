"""The vocabulary: ids, positions and the small closed sets everything else speaks in (PRODUCT §1)."""

from __future__ import annotations

from enum import StrEnum
from typing import NewType, TypeAlias

UserId = NewType("UserId", int)
DepartmentId = NewType("DepartmentId", int)
RecordId = NewType("RecordId", int)
EntryId = NewType("EntryId", int)
CommentId = NewType("CommentId", int)
ActivityId = NewType("ActivityId", int)
StageId = NewType("StageId", int)
NotificationId = NewType("NotificationId", int)

Position: TypeAlias = int
"""The place of an event in the log: 1, 2, 3 … without holes, in commit order."""

Millis: TypeAlias = int
"""Milliseconds since 1970-01-01 UTC: every moment that is stored or sent."""

JsonObject: TypeAlias = dict[str, object]
"""Plain data as it goes over the wire: strings, numbers, booleans, None, lists and objects of these."""


class Kind(StrEnum):
    """The kinds of record (PRODUCT §3)."""

    LEAD = "lead"
    DEAL = "deal"
    CONTACT = "contact"
    COMPANY = "company"
    QUOTE = "quote"


class FollowLevel(StrEnum):
    """How much of a followed record comes into Mine (PRODUCT §7)."""

    EVERYTHING = "everything"
    IMPORTANT = "important"
    MUTED = "muted"


class Meaning(StrEnum):
    """What a stage says about its record (PRODUCT §3)."""

    PROGRESS = "progress"
    WON = "won"
    LOST = "lost"
