"""What the audit log keeps (PRODUCT §11): who did what to which record, with the values before and after.

Values are kept as entries keep them: ids in the place of names, so that names and rights are those of the moment it is
read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.domain.words import Kind, RecordId


class What(StrEnum):
    """What was done. CHANGED names a field, the others concern a record as a whole, or the portal."""

    CREATED = "created"
    CHANGED = "changed"
    CONVERTED = "converted"
    MERGED = "merged"
    DELETED = "deleted"
    RESTORED = "restored"
    PURGED = "purged"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the audit log. `record` and `kind` are None for what concerns the portal; `field` is its setting then."""

    what: What
    record: RecordId | None = None
    kind: Kind | None = None
    field: str | None = None
    before: object = None
    after: object = None
