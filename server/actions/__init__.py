"""Every verb that writes, one module per noun. Only here are events recorded.

A verb takes a unit of work and its arguments, checks rights and rules, writes, and says what it made (`Outcome`).
`perform` runs one: the HTTP API and the live socket both go through it, so both have the same rules and answers.
"""
