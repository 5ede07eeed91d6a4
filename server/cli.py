"""The command `caudal`: the table of its commands, and how each of them fails.

A command that cannot do its work raises a `CaudalError`, which is printed in one line; the exit code is 2 then.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from server import __version__
from server.commands.check import check
from server.commands.demo import demo
from server.commands.load import import_files
from server.commands.people import bot, token, user
from server.commands.schema import migrate_database
from server.commands.serve import serve
from server.commands.tail import tail
from server.errors import CaudalError

REFUSED = 2  # exit code; 1 is "done, but not all of it"

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve)
app.command("migrate")(migrate_database)
app.command("demo")(demo)
app.command("import")(import_files)
app.command("tail")(tail)
app.command("check")(check)
app.add_typer(user, name="user")
app.add_typer(bot, name="bot")
app.add_typer(token, name="token")


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Caudal: what happens to a company's customers, live."""


def main() -> None:
    """Runs the command in `sys.argv`."""
    try:
        app(prog_name="caudal")
    except CaudalError as error:
        Console(stderr=True, soft_wrap=True).print(Text(f"caudal: {error.message}"))
        sys.exit(REFUSED)
