"""The command line: what each command prints, and that whatever stops it is one clear line and exit code 2."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import httpx
import pytest

from tests.conftest import MakeCaudal
from tests.servers.caudal import Caudal, run_caudal
from tests.servers.postgres import Postgres
from tests.servers.processes import wait_until

OPERATIONS = Path(__file__).parents[1] / "docs" / "operations.md"


def refusal(done: CompletedProcess[str]) -> str:
    """The one line with which a command refused."""
    lines = done.stderr.splitlines()
    assert (done.returncode, len(lines), done.stdout) == (2, 1, ""), done.stderr
    assert lines[0].startswith("caudal: ")
    return lines[0].removeprefix("caudal: ")


@pytest.fixture
def data(sqlite_url: str, tmp_path: Path) -> Path:
    """A data directory with a migrated, empty database."""
    return tmp_path


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_migrate_prepares_a_database_and_then_has_nothing_to_do(empty_database_url: str, tmp_path: Path) -> None:
    first = run_caudal("migrate", data=tmp_path, DATABASE_URL=empty_database_url)
    second = run_caudal("migrate", data=tmp_path, DATABASE_URL=empty_database_url)

    assert (first.returncode, first.stdout) == (0, "The database is migrated.\n"), first.stderr
    assert (second.returncode, second.stdout) == (0, "The database is up to date.\n"), second.stderr


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_database_without_a_schema_is_refused(tmp_path: Path, command: str) -> None:
    assert "run `caudal migrate` first" in refusal(run_caudal(command, data=tmp_path))


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_an_unreachable_database_is_named_without_its_password(tmp_path: Path, command: str) -> None:
    said = refusal(run_caudal(command, data=tmp_path, DATABASE_URL="postgresql://ana:hunter2@127.0.0.1:1/crm"))

    assert "ana:***@127.0.0.1:1/crm does not answer (DATABASE_URL)" in said
    assert "hunter2" not in said


def test_a_postgresql_database_that_does_not_exist_is_named(postgres: Postgres, tmp_path: Path) -> None:
    said = refusal(run_caudal("migrate", data=tmp_path, DATABASE_URL=postgres.url("nobodys")))

    assert 'database "nobodys" does not exist' in said


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "caudal.sqlite3").write_text("a letter to my mother, and a rather long one")

    assert "file is not a database" in refusal(run_caudal("migrate", data=tmp_path))


def test_an_unreachable_redis_is_named(data: Path) -> None:
    said = refusal(run_caudal("serve", data=data, REDIS_URL="redis://:hunter2@127.0.0.1:1/0"))

    assert "Redis at 127.0.0.1:1 does not answer (REDIS_URL)" in said
    assert "hunter2" not in said


def test_a_taken_port_is_named(data: Path, taken_port: int) -> None:
    said = refusal(run_caudal("serve", "--port", str(taken_port), data=data))

    assert f"port {taken_port} of 127.0.0.1 cannot be used: Address already in use" in said


def test_a_wrong_setting_is_named(data: Path) -> None:
    assert refusal(run_caudal("serve", data=data, PORT="http")).startswith("PORT must be a number")


def test_the_service_says_where_it_is_and_ends_when_asked(caudal: Caudal) -> None:
    caudal.start()
    caudal.stop()

    assert f"Caudal serves at {caudal.url}" in caudal.output
    assert "Traceback" not in caudal.output


def test_ctrl_c_ends_the_service_quietly(caudal: Caudal) -> None:
    caudal.start()

    assert caudal.interrupt() == 0
    assert "Traceback" not in caudal.output


def test_the_service_starts_again_after_it_was_killed(caudal: Caudal) -> None:
    caudal.start()
    caudal.kill()
    caudal.start()

    assert caudal.output.count(f"Caudal serves at {caudal.url}") == 2


def test_several_workers_share_one_port(caudal: Caudal) -> None:
    caudal.start("--workers", "2")

    wait_until(lambda: caudal.output.count("Started server process") == 2, "two workers run")
    caudal.stop()
    assert "Traceback" not in caudal.output


def test_the_service_runs_on_postgresql_and_a_shared_redis(
    make_caudal: MakeCaudal, postgres_url: str, redis_url: str
) -> None:
    node = make_caudal(DATABASE_URL=postgres_url, REDIS_URL=redis_url)

    node.start()
    node.stop()

    assert "Traceback" not in node.output


def test_every_command_is_documented(tmp_path: Path) -> None:
    listed = run_caudal("--help", data=tmp_path, COLUMNS="200").stdout.partition("Commands")[2]
    commands = set(re.findall(r"^│ (\w+) ", listed, re.MULTILINE))

    documented = set(re.findall(r"^\| `caudal (\w+)", OPERATIONS.read_text(), re.MULTILINE))

    assert commands == documented


# People


def add(data: Path, email: str, *options: str, password: str = "correct horse") -> CompletedProcess[str]:
    """`caudal user add`, with the password on standard input."""
    return run_caudal("user", "add", email, "Ana Belmonte", *options, data=data, typed=f"{password}\n")


def test_a_person_added_in_the_shell_can_sign_in(caudal: Caudal) -> None:
    added = add(caudal.data, "Ana@Example.com", "--admin")
    caudal.start()

    answer = httpx.post(
        f"{caudal.url}/api/v1/session",
        json={"email": "ana@example.com", "password": "correct horse"},
        headers={"origin": caudal.url},
    )

    assert (added.returncode, added.stdout) == (0, "Ana Belmonte is user 1.\n"), added.stderr
    assert (answer.status_code, answer.json()["may"]["deal"]) == (200, ["read", "create", "update", "delete", "export"])


def test_a_token_made_in_the_shell_opens_the_api_for_its_user(caudal: Caudal) -> None:
    add(caudal.data, "ana@example.com", "--admin")
    token = run_caudal("token", "create", "ana@example.com", "reports", data=caudal.data).stdout.strip()
    caudal.start()

    answer = httpx.get(f"{caudal.url}/api/v1/me", headers={"authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json()["email"]) == (200, "ana@example.com")


def test_another_password_ends_all_logins(caudal: Caudal) -> None:
    add(caudal.data, "ana@example.com", "--admin")
    caudal.start()
    with httpx.Client(base_url=caudal.url, headers={"origin": caudal.url}) as ana:
        ana.post("/api/v1/session", json={"email": "ana@example.com", "password": "correct horse"})
        run_caudal("user", "password", "ana@example.com", data=caudal.data, typed="battery staple\n")

        assert ana.get("/api/v1/me").status_code == 401
        again = ana.post("/api/v1/session", json={"email": "ana@example.com", "password": "battery staple"})
        assert again.status_code == 200


def test_a_bot_made_in_the_shell_is_let_in_until_its_token_is_revoked_or_it_is_disabled(caudal: Caudal) -> None:
    add(caudal.data, "ana@example.com", "--admin")
    run_caudal("bot", "add", "Echo", "--role", "Reader", data=caudal.data)
    first, second = [
        run_caudal("token", "create", "2", name, data=caudal.data).stdout.strip() for name in ("one", "two")
    ]
    caudal.start()

    def status(token: str) -> int:
        return httpx.get(f"{caudal.url}/api/v1/me", headers={"authorization": f"Bearer {token}"}).status_code

    assert (status(first), status(second)) == (200, 200)
    revoked = run_caudal("token", "revoke", "1", data=caudal.data)
    assert (revoked.stdout, status(first), status(second)) == ("Token 1 is revoked.\n", 401, 200), revoked.stderr
    listed = run_caudal("token", "list", data=caudal.data, COLUMNS="200").stdout
    assert re.search(r"1 +Echo +one +revoked", listed)
    assert (run_caudal("user", "disable", "2", data=caudal.data).stdout, status(second)) == ("2 is disabled.\n", 401)
    assert (run_caudal("user", "enable", "2", data=caudal.data).stdout, status(second)) == ("2 is enabled.\n", 200)


def test_the_last_admin_is_not_disabled_in_a_shell_either(data: Path) -> None:
    add(data, "ana@example.com", "--admin")

    assert "somebody has to manage the portal" in refusal(run_caudal("user", "disable", "ana@example.com", data=data))


def test_everybody_is_listed(data: Path) -> None:
    add(data, "ana@example.com", "--admin")

    listed = run_caudal("user", "list", data=data, COLUMNS="200").stdout

    assert re.search(r"1 +Ana Belmonte +ana@example.com +Administrator +admin", listed)


@pytest.mark.parametrize(
    ("email", "options", "password", "words"),
    [
        ("ana", [], "correct horse", "this is not an e-mail address"),
        ("ana@example.com", [], "short", "at least 8 characters"),
        ("ana@example.com", ["--role", "King"], "correct horse", "there is no role King"),
        ("ana@example.com", ["--department", "Nowhere"], "correct horse", "there is no department Nowhere"),
        ("ana@example.com", ["--language", "tlh"], "correct horse", "one of en, es"),
        ("luis@example.com", [], "correct horse", "somebody has the e-mail address luis@example.com already"),
    ],
)
def test_a_person_who_cannot_be_added_is_refused(
    data: Path, email: str, options: list[str], password: str, words: str
) -> None:
    add(data, "luis@example.com")

    assert words in refusal(add(data, email, *options, password=password))


def test_a_token_for_nobody_is_refused(data: Path) -> None:
    assert "nobody with the e-mail address" in refusal(run_caudal("token", "create", "eva@example.com", "x", data=data))


# Import

MAPPING = """
origin = "old-crm"

[[file]]
name = "companies.csv"
kind = "company"
key = "Id"
fields = { title = "Name", employees = "Staff" }
"""


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A folder with an export of three companies, one of them wrong, and its mapping."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "map.toml").write_text(MAPPING)
    (folder / "companies.csv").write_text("Id,Name,Staff\n1,Aurora,12\n2,Boreal,many\n3,Cierzo,7\n")
    return folder


def test_an_import_tells_its_counts_and_the_lines_it_left_out(data: Path, exported: Path) -> None:
    add(data, "ana@example.com", "--admin")
    command = ("import", exported / "companies.csv", "--map", exported / "map.toml")

    first, second = (run_caudal(*command, data=data, COLUMNS="200") for _ in range(2))

    assert first.returncode == second.returncode == 1, first.stderr
    assert "companies.csv:3: employees: " in first.stdout
    assert re.search(r"companies.csv +company +2 +0 +0 +1", first.stdout)
    assert re.search(r"companies.csv +company +0 +0 +2 +1", second.stdout)


@pytest.mark.parametrize("option", ["--dry-run", "--preview"])
def test_a_look_at_an_import_writes_nothing(data: Path, exported: Path, option: str) -> None:
    add(data, "ana@example.com", "--admin")
    command = ("import", exported / "companies.csv", "--map", exported / "map.toml")

    looked = run_caudal(*command, option, data=data, COLUMNS="200")
    imported = run_caudal(*command, data=data, COLUMNS="200")

    assert "companies.csv:3: employees: " in looked.stdout, looked.stderr
    assert re.search(r"companies.csv +company +2 +0 +0 +1", imported.stdout)


def test_an_import_without_an_admin_says_how_to_make_one(data: Path, exported: Path) -> None:
    said = refusal(run_caudal("import", exported / "companies.csv", "--map", exported / "map.toml", data=data))

    assert "caudal user add EMAIL NAME --admin" in said


def test_a_mapping_that_is_none_is_refused(data: Path, exported: Path) -> None:
    said = refusal(run_caudal("import", exported / "companies.csv", "--map", exported / "companies.csv", data=data))

    assert "companies.csv" in said


# The demo company


def test_the_demo_company_goes_into_an_empty_portal_only(demo_data: Path) -> None:
    said = refusal(run_caudal("demo", data=demo_data))
    again = run_caudal("demo", "--if-empty", data=demo_data, COLUMNS="200")

    assert "this portal has data" in said
    assert (again.returncode, again.stdout.count("@example.com")) == (0, 12), again.stderr


def test_demo_people_are_not_told_of_where_there_are_none(data: Path) -> None:
    add(data, "ana@aurora.example", "--admin")

    assert run_caudal("demo", "--if-empty", data=data).stdout == ""


def test_the_demo_people_can_sign_in(demo_caudal: Caudal) -> None:
    demo_caudal.start()

    answer = httpx.post(
        f"{demo_caudal.url}/api/v1/session",
        json={"email": "ana@example.com", "password": "demo"},
        headers={"origin": demo_caudal.url},
    )

    assert (answer.status_code, answer.json()["name"]) == (200, "Ana Belmonte")
