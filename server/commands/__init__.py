"""The commands of `caudal`, one module per noun; `server/cli.py` is their table."""
