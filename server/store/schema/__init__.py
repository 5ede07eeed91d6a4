"""The tables. One module per room: `people` · `records` · `stream` (entries, activities, follows) ·
`reading` (notifications, what was seen, what needs whom) · `history` · `portal` (settings, leases) · `log`.

Portable between SQLite and PostgreSQL; every constraint and index has a name; each index says which query it serves.
"""

from server.store.schema.columns import metadata
from server.store.schema.history import history, tombstones
from server.store.schema.log import events, idempotency, log_head
from server.store.schema.people import departments, logins, role_grants, roles, tokens, user_roles, users
from server.store.schema.portal import leases, settings
from server.store.schema.reading import needs, notification_preferences, notifications, reading, unread_marks
from server.store.schema.records import (
    DETAILS,
    addresses,
    companies,
    contact_points,
    contacts,
    custom_fields,
    deals,
    leads,
    pipelines,
    product_rows,
    products,
    quotes,
    record_links,
    records,
    sources,
    stage_visits,
    stages,
)
from server.store.schema.stream import (
    activities,
    activity_parties,
    activity_people,
    activity_records,
    comments,
    entries,
    entry_people,
    entry_records,
    follows,
    reactions,
    recipients,
)

__all__ = [
    "DETAILS",
    "activities",
    "activity_parties",
    "activity_people",
    "activity_records",
    "addresses",
    "comments",
    "companies",
    "contact_points",
    "contacts",
    "custom_fields",
    "deals",
    "departments",
    "entries",
    "entry_people",
    "entry_records",
    "events",
    "follows",
    "history",
    "idempotency",
    "leads",
    "leases",
    "log_head",
    "logins",
    "metadata",
    "needs",
    "notification_preferences",
    "notifications",
    "pipelines",
    "product_rows",
    "products",
    "quotes",
    "reactions",
    "reading",
    "recipients",
    "record_links",
    "records",
    "role_grants",
    "roles",
    "settings",
    "sources",
    "stage_visits",
    "stages",
    "tokens",
    "tombstones",
    "unread_marks",
    "user_roles",
    "users",
]
