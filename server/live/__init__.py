"""The live path (ARCHITECTURE §4–§6): from the log, over the bus, to every open screen; pure except at its two ends.

`bus` and `private` speak with Redis · `sequencer` puts events in order · `hub` decides whom each concerns and frames it ·
`session` is one client · `protocol` its frames · `endpoint` awaits the socket · `feed` runs it all in one process.
"""
