"""What happened and what people said: entries with all that hangs from them, activities, follows."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table, Text, false

from server.store.schema.columns import Id, key, metadata, moment, refers, word

activities = Table(
    "activities",
    metadata,
    key(),
    word("type"),  # task, meeting, call, email
    Column("subject", String(255), nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    word("status", default="planned"),  # planned, completed, missed
    refers("author_id", "users"),
    refers("responsible_id", "users"),
    moment("created_at"),
    moment("completed_at", nullable=True),
    moment("start_at", nullable=True),
    moment("end_at", nullable=True),
    moment("deadline", nullable=True),
    word("priority", default="normal"),
    Column("important", Boolean, nullable=False, server_default=false()),
    Column("place", String(255), nullable=False, server_default=""),
    word("direction", nullable=True),  # in, out
    Column("phone", String(64), nullable=False, server_default=""),
    Column("result", Text, nullable=False, server_default=""),
    Column("unprocessed", Boolean, nullable=False, server_default=false()),
    Column("reminder", Integer, nullable=True),  # minutes before the deadline
    Column("repeat", String(255), nullable=True),  # RFC 5545 RRULE
    Column("checklist", JSON, nullable=False),
    Column("email", JSON, nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("overdue", Boolean, nullable=False, server_default=false()),  # open past its deadline, as the clock noted
    moment("remind_at", nullable=True),  # when to remind; none once it was done
    Column("series_id", Id, nullable=True),  # the first one of a repeated meeting
    moment("recurs_at", nullable=True),  # when the next one of the series is made; none once it was
    Column("hidden", Boolean, nullable=False, server_default=false()),  # all of its records were deleted
    Index(None, "responsible_id", "status", "deadline"),  # my current activities
    Index(None, "status", "overdue", "deadline"),  # the clock: deadlines that pass
    Index(None, "remind_at"),  # the clock: reminders
    Index(None, "recurs_at"),  # the clock: repeated meetings
    sqlite_autoincrement=True,
)

activity_records = Table(
    "activity_records",
    metadata,
    refers("activity_id", "activities", cascade=True, primary=True),
    refers("record_id", "records", cascade=True, primary=True),
    Column("sort", Integer, nullable=False, server_default="0"),
    Index(None, "record_id"),  # a record's current activities
)

activity_people = Table(
    "activity_people",
    metadata,
    refers("activity_id", "activities", cascade=True, primary=True),
    refers("user_id", "users", primary=True),
    Column("sort", Integer, nullable=False, server_default="0"),
)

activity_parties = Table(
    "activity_parties",
    metadata,
    key(),
    refers("activity_id", "activities", cascade=True),
    Column("sort", Integer, nullable=False, server_default="0"),
    refers("user_id", "users", nullable=True),  # exactly one of the two: a colleague or a record
    refers("record_id", "records", nullable=True, cascade=True),
    Index(None, "activity_id"),
    sqlite_autoincrement=True,
)

entries = Table(
    "entries",
    metadata,
    key(),
    word("type"),  # domain.entries.TYPES
    refers("author_id", "users"),
    moment("at"),
    moment("edited_at", nullable=True),
    Column("added", BigInteger, nullable=False),  # the position it was made at: a record's own order
    Column("bumped", BigInteger, nullable=False),  # the position of its last life: the general order
    Column(
        "bumped_by", Id, nullable=True
    ),  # whose act that was; no foreign key: SQLite adds none to a table that is there
    Column("text", Text, nullable=False, server_default=""),
    Column("search", Text, nullable=False, server_default=""),  # domain.filters.searchable
    refers("subject_id", "records", nullable=True, cascade=True),  # the record that changed
    Column("change", JSON(none_as_null=True), nullable=True),  # old and new, with ids instead of names
    word("counted", nullable=True),  # an import card: the kind it counts
    Column("imported", JSON(none_as_null=True), nullable=True),
    refers("activity_id", "activities", nullable=True, cascade=True),
    Column("folded_into", Id, nullable=True),  # the import card that stands for it in general streams
    Column("burst_id", Id, nullable=True),  # the first of many changes that one person made in a short time
    Column("hidden", Boolean, nullable=False, server_default=false()),  # all of its records were deleted
    Column("comment_count", Integer, nullable=False, server_default="0"),
    Index(None, "bumped"),  # the general stream
    Index(None, "author_id", "bumped"),  # by author, and my own in Mine
    Index(None, "activity_id"),  # the one entry of an activity
    Index(None, "folded_into", "bumped"),  # opening an import card
    Index(None, "burst_id", "bumped"),  # folding a burst, and opening it
    sqlite_autoincrement=True,
)

entry_records = Table(
    "entry_records",
    metadata,
    refers("entry_id", "entries", cascade=True, primary=True),
    refers("record_id", "records", cascade=True, primary=True),
    Column("sort", Integer, nullable=False, server_default="0"),
    Index(None, "record_id", "entry_id"),  # a record's own stream
)

entry_people = Table(
    "entry_people",
    metadata,
    refers("entry_id", "entries", cascade=True, primary=True),
    refers("user_id", "users", primary=True),
    Column("part", String(16), primary_key=True),  # domain.entries.Part
    Index(None, "user_id", "entry_id"),  # Mine
)

recipients = Table(
    "recipients",
    metadata,
    key(),
    refers("entry_id", "entries", cascade=True),
    Column("sort", Integer, nullable=False),
    refers("user_id", "users", nullable=True),  # exactly one of user, department, record; or an address alone
    refers("department_id", "departments", nullable=True),
    refers("record_id", "records", nullable=True, cascade=True),
    Column("email", String(255), nullable=True),  # where the mail goes; with a record: its address, when mailed
    Index(None, "entry_id"),
    sqlite_autoincrement=True,
)

comments = Table(
    "comments",
    metadata,
    key(),
    refers("entry_id", "entries", cascade=True),
    refers("author_id", "users"),
    moment("at"),
    moment("edited_at", nullable=True),
    Column("text", Text, nullable=False),
    Index(None, "entry_id", "id"),  # a thread, newest page first
    sqlite_autoincrement=True,
)

reactions = Table(
    "reactions",
    metadata,
    refers("entry_id", "entries", cascade=True, primary=True),
    refers("user_id", "users", primary=True),
    Column("emoji", String(32), primary_key=True),
    moment("at"),
)

follows = Table(
    "follows",
    metadata,
    refers("user_id", "users", cascade=True, primary=True),
    refers("record_id", "records", cascade=True, primary=True),
    word("level", default="everything"),  # domain.words.FollowLevel
    moment("at"),
    Index(None, "record_id"),  # a record's followers, the audience of an entry
)
