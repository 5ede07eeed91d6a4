"""Tecnovia, a believable company that sells and installs computers, with a year behind it: `caudal demo`.

`staff` departments, roles, people · `names` `goods` `texts_en` `texts_es` what everything is called and what people
write, drawn from `decks` · `world` the people and records in memory · `making` `records` `plans` `activities` `year` what
happened · `stream` entries in their order · `rows` the tables · `fill` all of it into an empty portal. The same moment
makes the same company.
"""

from server.demo.fill import NotEmpty, fill
from server.demo.staff import PASSWORD, Login

__all__ = ["PASSWORD", "Login", "NotEmpty", "fill"]
