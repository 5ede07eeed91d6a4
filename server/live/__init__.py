"""The live path (ARCHITECTURE §4–§6): from the log, over the bus, to every open screen; pure except at its two ends.

`bus` and `private` speak with Redis · `sequencer` puts events in order · `hub` knows all sessions: live ones stand in a
`cohort`, the others catch up with the `ring` · `letter` is one event, with the rule of who gets it · `flusher` says when
it is written · `endpoint` lets clients in · `client` is one at its `wire`, `session` what it knows, `ops` what it may ask ·
`protocol` the frames · `presence` who does what just now, never logged · `feed` runs it all in one process.
"""
