"""`caudal user`, `caudal bot` and `caudal token`: who may be here and by what, from a shell.

For the first admin, and for an admin who is locked out; everything else happens in the page.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from argon2 import PasswordHasher
from rich.table import Table

from server.commands.accounts import Accounts, NewPerson
from server.commands.options import Data, open_store, out
from server.domain.text import check_email, clean_line
from server.errors import Invalid
from server.settings import read_settings

LANGUAGES = ("en", "es")
PASSWORD_MIN = 8  # characters

user = typer.Typer(no_args_is_help=True, help="People, from a shell.")
bot = typer.Typer(no_args_is_help=True, help="Programs that take part.")
token = typer.Typer(no_args_is_help=True, help="Tokens for programs.")

Email = Annotated[str, typer.Argument(help="The person's e-mail address.", metavar="EMAIL")]
Who = Annotated[str, typer.Argument(help="The user's e-mail address or number.", metavar="USER")]
Name = Annotated[str, typer.Argument(help="The person's name.", metavar="NAME")]
TokenName = Annotated[str, typer.Argument(help="What the token is for.", metavar="NAME")]


@user.command("list")
def list_users(data: Data = None) -> None:
    """Lists everybody."""

    async def read() -> None:
        async with _accounts(data) as accounts:
            table = Table("id", "name", "e-mail", "department", "roles", "", box=None)
            for person in await accounts.everybody():
                marks = " ".join(filter(None, ("admin" if person.admin else "", "" if person.active else "disabled")))
                roles = ", ".join(person.roles)
                table.add_row(str(person.user), person.name, person.email, person.department, roles, marks)
            out.print(table)

    asyncio.run(read())


@user.command("add")
def add_user(
    email: Email,
    name: Name,
    admin: Annotated[
        bool, typer.Option("--admin", help="May manage the portal, and has every right on records.")
    ] = False,
    role: Annotated[list[str] | None, typer.Option(help="A role; may be given several times.")] = None,
    department: Annotated[str | None, typer.Option(help="The department's name.")] = None,
    language: Annotated[str, typer.Option(help=" or ".join(LANGUAGES))] = LANGUAGES[0],
    data: Data = None,
) -> None:
    """Adds a person. The password is asked for, or read from standard input."""
    if language not in LANGUAGES:
        raise Invalid.one("language", "choice", f"one of {', '.join(LANGUAGES)}")
    email, name = check_email(email, "email").lower(), clean_line(name, "name")

    async def write() -> None:
        async with _accounts(data) as accounts:
            hash = PasswordHasher().hash(_ask_password())
            person = NewPerson(name, email, hash, language, admin, department, tuple(role or ()))
            out.print(f"{name} is user {await accounts.add(person)}.")

    asyncio.run(write())


@user.command("password")
def change_password(email: Email, data: Data = None) -> None:
    """Gives a person another password and ends all their logins."""

    async def write() -> None:
        async with _accounts(data) as accounts:
            person = await accounts.find(email)
            await accounts.change_password(person, PasswordHasher().hash(_ask_password()))
            out.print(f"{email} has a new password and is signed out everywhere.")

    asyncio.run(write())


@user.command("disable")
def disable_user(who: Who, data: Data = None) -> None:
    """Closes a user's screens and sockets, and lets them in no more."""
    _set_active(who, data, active=False)


@user.command("enable")
def enable_user(who: Who, data: Data = None) -> None:
    """Lets a disabled user in again."""
    _set_active(who, data, active=True)


def _set_active(who: str, data: Path | None, *, active: bool) -> None:
    async def write() -> None:
        async with _accounts(data) as accounts:
            await accounts.set_active(await accounts.find(who), active=active)
            out.print(f"{who} is {'enabled' if active else 'disabled'}.")

    asyncio.run(write())


@bot.command("add")
def add_bot(
    name: Annotated[str, typer.Argument(help="The bot's name.", metavar="NAME")],
    role: Annotated[list[str] | None, typer.Option(help="A role; may be given several times.")] = None,
    department: Annotated[str | None, typer.Option(help="The department's name.")] = None,
    data: Data = None,
) -> None:
    """Adds a bot. It connects with a token: `caudal token create NUMBER NAME`."""

    async def write() -> None:
        async with _accounts(data) as accounts:
            out.print(f"{name} is user {await accounts.add_bot(name, role or (), department)}.")

    asyncio.run(write())


@token.command("create")
def create_token(who: Who, name: TokenName, data: Data = None) -> None:
    """Makes a token with a user's rights and prints it, once."""

    async def write() -> None:
        async with _accounts(data) as accounts:
            typer.echo(await accounts.create_token(await accounts.find(who), name))

    asyncio.run(write())


@token.command("list")
def list_tokens(data: Data = None) -> None:
    """Lists all tokens, but not what opens the portal."""

    async def read() -> None:
        async with _accounts(data) as accounts:
            table = Table("id", "user", "for", "", box=None)
            for each in await accounts.tokens():
                owner = each["user"]
                name = owner["name"] if isinstance(owner, dict) else ""
                table.add_row(str(each["token"]), name, str(each["name"]), "revoked" if each["revoked_at"] else "")
            out.print(table)

    asyncio.run(read())


@token.command("revoke")
def revoke_token(
    number: Annotated[int, typer.Argument(help="The token's id, as the list says it.", metavar="ID")], data: Data = None
) -> None:
    """Ends a token and closes every socket that it opened."""

    async def write() -> None:
        async with _accounts(data) as accounts:
            await accounts.revoke_token(number)
            out.print(f"Token {number} is revoked.")

    asyncio.run(write())


@asynccontextmanager
async def _accounts(data: Path | None) -> AsyncIterator[Accounts]:
    settings = read_settings(data=data)
    async with open_store(settings) as store:
        yield Accounts(store, settings.secret)


def _ask_password() -> str:
    """From the terminal without showing it, else the first line of standard input. Raises Invalid when it is short."""
    if sys.stdin.isatty():
        password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if len(password) < PASSWORD_MIN:
        raise Invalid.one("password", "too_short", f"at least {PASSWORD_MIN} characters")
    return password
