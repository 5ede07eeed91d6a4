"""The command line: what each command prints, and that whatever stops it is one clear line and exit code 2."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

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

    assert "Redis at 127.0.0.1 does not answer (REDIS_URL)" in said
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
