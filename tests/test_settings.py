"""Settings: what is read, what is refused and in which words, and that each is documented."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from server.settings import VARIABLES, Settings, SettingsError, read_settings

OPERATIONS = Path(__file__).parents[1] / "docs" / "operations.md"


def read(data: Path, **environ: str) -> Settings:
    """The settings of a process with just these variables."""
    return read_settings({"CAUDAL_DATA": str(data)} | environ)


def test_with_nothing_set_the_portal_lives_in_its_data_directory(tmp_path: Path) -> None:
    settings = read(tmp_path / "portal")

    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/portal/caudal.sqlite3"
    assert settings.redis_url is None
    assert (settings.host, settings.port, settings.url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (tmp_path / "portal").is_dir()


def test_an_empty_value_counts_as_unset(tmp_path: Path) -> None:
    assert read(tmp_path, REDIS_URL="", PORT=" ").redis_url is None


def test_arguments_win_over_the_environment(tmp_path: Path) -> None:
    settings = read_settings({"PORT": "1000", "HOST": "::1", "CAUDAL_DATA": "/proc/nowhere"}, port=2000, data=tmp_path)

    assert (settings.port, settings.data, settings.url) == (2000, tmp_path, "http://[::1]:2000")


def test_the_environment_wins_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PORT=1000\nCAUDAL_PORTAL=aurora\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "2000")

    settings = read_settings()

    assert (settings.port, settings.portal) == (2000, "aurora")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_way_to_write_a_postgresql_address_is_accepted(tmp_path: Path, scheme: str) -> None:
    settings = read(tmp_path, DATABASE_URL=f"{scheme}://ana:s%40fe@db.example.com:5433/crm?ssl=require")

    assert settings.database_url == "postgresql+asyncpg://ana:s%40fe@db.example.com:5433/crm?ssl=require"


def test_a_public_https_address_asks_for_secure_cookies(tmp_path: Path) -> None:
    settings = read(tmp_path, CAUDAL_URL="https://crm.example.com/")

    assert settings.url == "https://crm.example.com"
    assert settings.secure


def test_a_service_on_every_interface_is_visited_by_a_name_that_opens(tmp_path: Path) -> None:
    assert read(tmp_path, HOST="0.0.0.0").url == "http://localhost:8000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://localhost/crm"),
        ("DATABASE_URL", "postgresql://host:port/crm"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis+sentinel://localhost"),
        ("REDIS_URL", "redis+cluster://localhost/1"),
        ("PORT", "http"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("CAUDAL_URL", "crm.example.com"),
        ("CAUDAL_URL", "https://example.com/crm"),
        ("CAUDAL_URL", "https://[example.com"),
        ("CAUDAL_URL", "https://example.com:http"),
        ("CAUDAL_SECRET", "short"),
        ("CAUDAL_PORTAL", "Aurora Sistemas"),
        ("CAUDAL_DATA", "/proc/nowhere"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line_that_names_the_setting(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(tmp_path, **{name: value})

    assert refusal.value.message.startswith(f"{name} ")
    assert "\n" not in refusal.value.message


def test_a_password_in_a_wrong_address_is_not_printed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(tmp_path, DATABASE_URL="mysql://ana:hunter2@localhost/crm")

    assert "hunter2" not in refusal.value.message


def test_a_secret_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)

    assert first.secret == second.secret
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_two_portals_have_different_secrets(tmp_path: Path) -> None:
    assert read(tmp_path / "a").secret != read(tmp_path / "b").secret


def test_a_given_secret_is_used_and_not_written_down(tmp_path: Path) -> None:
    settings = read(tmp_path, CAUDAL_SECRET="x" * 32)

    assert settings.secret == "x" * 32
    assert list(tmp_path.iterdir()) == []


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    section = OPERATIONS.read_text().partition("## Settings")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)) == set(VARIABLES)
