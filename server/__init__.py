"""Caudal: a real-time CRM activity stream. This docstring is the map of the package.

| room | what is in it | may import |
|---|---|---|
| `app` | the composition root: settings → engine, bus, hub, routes, lifespan; the only file that knows every other | all |
| `cli`, `commands/`, `settings` | the command line, and what it reads from the environment | all |
| `api/` | thin HTTP, one file per noun: parse → action or query → JSON | actions |
| `jobs/` | the clock: deadlines, reminders, what goes for good | actions |
| `imports/`, `demo/` | data in: CSV of other CRMs, a believable company | actions |
| `live/endpoint` | awaits a client's socket | actions, the rest of `live` |
| `live/` | protocol, session, hub, sequencer, presence: pure, no I/O; bus: Redis | domain |
| `actions/` | every verb that writes, one file per noun. Only here are events recorded | store |
| `store/` | SQLAlchemy Core: schema, unit of work, log, queries by noun, migrations | domain |
| `domain/` | pure rules: kinds, entries, rights, channels, events. The standard library only | errors |
| `errors` | errors as data: a class, a stable code, its fields | – |

A room may also import what stands further down the table in its own line of descent; `store` and `live` never import each
other. `tests/test_layers.py` enforces it, `docs/architecture.md` walks one message through all of it.
"""

__version__ = "0.1.0"
