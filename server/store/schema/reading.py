"""What asks for whose attention: notifications, how they are wanted, how far a user has seen the stream, unread marks,
and the records that need somebody (PRODUCT §8).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, UniqueConstraint, false

from server.store.schema.columns import key, metadata, moment, refers, word

notifications = Table(
    "notifications",
    metadata,
    key(),
    refers("user_id", "users", cascade=True),
    refers("entry_id", "entries", nullable=True, cascade=True),
    refers("activity_id", "activities", nullable=True, cascade=True),  # in its place: a task bound to no record
    word("reason"),  # domain.attention.Reason
    refers("actor_id", "users"),  # who did it last
    refers("comment_id", "comments", nullable=True, cascade=True),  # the last one that it is about
    moment("at"),
    Column("place", BigInteger, nullable=False),  # the position it was made or renewed at: the order of the bell
    moment("read_at", nullable=True),
    UniqueConstraint("user_id", "entry_id", "reason"),  # never twice; also what reading an entry clears
    UniqueConstraint("user_id", "activity_id", "reason"),  # likewise
    Index(None, "user_id", "place"),  # the bell
    Index(None, "user_id", "read_at"),  # its number
    Index(None, "entry_id"),  # those of a removed entry
    Index(None, "comment_id"),  # those of a removed comment
    Index(None, "activity_id"),  # those of a removed activity
    sqlite_autoincrement=True,
)

notification_preferences = Table(
    "notification_preferences",
    metadata,
    refers("user_id", "users", cascade=True, primary=True),
    Column("reason", String(16), primary_key=True),
    word("means"),  # domain.attention.Means; without a row the reason's own
)

reading = Table(
    "reading",
    metadata,
    refers("user_id", "users", cascade=True, primary=True),
    Column("seen", BigInteger, nullable=False),  # position; without a row nothing was seen yet: 0
)

unread_marks = Table(
    "unread_marks",
    metadata,
    refers("user_id", "users", cascade=True, primary=True),
    refers("entry_id", "entries", cascade=True, primary=True),
    Index(None, "entry_id"),  # those of a removed entry
)

needs = Table(
    "needs",
    metadata,
    refers("user_id", "users", cascade=True, primary=True),  # a user's counters are this user's rows
    refers("record_id", "records", cascade=True, primary=True),
    word("kind"),
    moment("due", nullable=True),  # the earliest deadline among the open activities that count for this user
    Column("incoming", Integer, nullable=False, server_default="0"),  # calls and mails that nobody has handled
    Column("idle", Boolean, nullable=False, server_default=false()),  # mine, in progress, with no open activity
    Column("closes", String(10), nullable=True),  # a quote of mine that is not final: its close date
    Index(None, "record_id"),  # keeping them right
)
