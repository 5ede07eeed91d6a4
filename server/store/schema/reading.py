"""What asks for whose attention: notifications, how they are wanted, how far a user has seen the stream, unread marks."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table, UniqueConstraint

from server.store.schema.columns import key, metadata, moment, refers, word

notifications = Table(
    "notifications",
    metadata,
    key(),
    refers("user_id", "users", cascade=True),
    refers("entry_id", "entries", cascade=True),
    word("reason"),  # domain.attention.Reason
    refers("actor_id", "users"),  # who did it last
    refers("comment_id", "comments", nullable=True, cascade=True),  # the last one that it is about
    moment("at"),
    Column("place", BigInteger, nullable=False),  # the position it was made or renewed at: the order of the bell
    moment("read_at", nullable=True),
    UniqueConstraint("user_id", "entry_id", "reason"),  # never twice; also what reading an entry clears
    Index(None, "user_id", "place"),  # the bell
    Index(None, "user_id", "read_at"),  # its number
    Index(None, "entry_id"),  # those of a removed entry
    Index(None, "comment_id"),  # those of a removed comment
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
