"""Mapping files: the one that comes with Caudal, and what is said about wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.imports import MappingError, load_mapping
from server.imports.mapping import parse_mapping

FILE = '[[file]]\nname = "a.csv"\nkind = "company"\nkey = "id"\n[file.fields]\ntitle = "name"\n'


def test_the_mapping_that_comes_with_caudal_reads_four_files_people_first() -> None:
    mapping = load_mapping("crm-sales")

    assert [file.kind for file in mapping.file] == ["user", "product", "company", "deal"]


def test_a_mapping_file_is_found_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(f'origin = "own"\n{FILE}')

    assert load_mapping(path).origin == "own"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("origin = ", "this is not TOML"),
        (FILE, "missing required field `origin`"),
        (f'origin = "x"\n{FILE}colour = "red"\n', "a company has no field 'colour'"),
        ('origin = "x"\n' + FILE.replace("company", "planet"), "Invalid enum value 'planet'"),
        (f'origin = "x"\n[format]\nencoding = "klingon"\n{FILE}', "there is no encoding 'klingon'"),
        (f'origin = "x"\n[format]\nthousands = "."\n{FILE}', "decimal and thousands cannot be the same"),
        (f'origin = "x"\n[format]\ndelimiter = "::"\n{FILE}', "a delimiter is one character"),
        (f'origin = "x"\n{FILE}industry = {{ column = "a", value = "b" }}\n', "exactly one of column, value, template"),
        (f'origin = "x"\n{FILE}industry = {{ colum = "a" }}\n', "unknown field `colum`"),
        (f'origin = ""\n{FILE}', "origin: 1 to 64 characters"),
    ],
)
def test_a_wrong_mapping_says_in_one_line_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(MappingError) as refused:
        parse_mapping(text, "my.toml")

    assert said in refused.value.message
    assert refused.value.message.startswith("my.toml: ")
    assert "\n" not in refused.value.message


def test_a_mapping_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path / "none.toml")
