"""The rules of the product, pure: no I/O, no clock of its own, standard library only.

`words` ids and kinds · `records` kinds and their fields · `activities` their types · `deadlines` of quick activities ·
`entries` types of entry and who sees them · `access` rights as principals · `filters` what a stream shows ·
`events` one row of the log · `text` what people write.
"""
