"""Files as they come: wrong bytes, wrong cells, wrong names. Bad rows are listed by line; good ones go in whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.imports import run
from server.store.schema import deals, entries, product_rows, record_links, records
from tests.imports.conftest import FILES, Portal, mapping_of, text_of

HEADER = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
GOOD = "A1,Ana Gil,GTX Pro,Acme,Won,10/20/2016,3/1/2017,1054\n"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("B1,Nobody,GTX Pro,Acme,Won,,,\n", "unknown responsible"),
        ("B1,Ana Gil,GTX Max,Acme,Won,,,\n", "unknown product"),
        ("B1,Ana Gil,GTX Pro,Akme,Won,,,\n", "unknown company"),
        ("B1,Ana Gil,GTX Pro,Acme,Sold,,,\n", "unknown stage"),
        ("B1,Ana Gil,GTX Pro,Acme,Won,20/10/2016,,\n", "date begin_date"),
        ("B1,Ana Gil,GTX Pro,Acme,Won,,,12x\n", "number amount"),
        ("B1,Ana Gil,GTX Pro,Acme,Won,,,99999999999999999\n", "type amount"),
        ("B1,Ana Gil,GTX Pro,Acme,Won,,\n", "cells"),
        ("B1,Ana Gil,GTX Pro,Acme,Won,,,,more\n", "cells"),
        (",Ana Gil,GTX Pro,Acme,Won,,,\n", "required opportunity_id"),
        ("A1,Ana Gil,GTX Pro,Acme,Won,,,\n", "duplicate opportunity_id"),
        ('B1,Ana "Gil",GTX Pro,"Acme"x,Won,,,\n', "quotes"),
        ("B1\x00\x07" + "x" * 300 + ",Ana Gil,GTX Pro,,Won,,,\n", "control_character title"),
    ],
)
async def test_a_bad_row_is_listed_with_its_line_and_the_others_go_in(portal: Portal, row: str, problem: str) -> None:
    portal.write(deals=HEADER + GOOD + row + "A3,Uma Roy,MG Special,,Engaging,,,\n")

    report = await portal.run()

    assert text_of(report) == [f"deals.csv:3 {problem}"]
    assert [entry.external_id for entry in await portal.rows(records)][2:] == ["A1", "A3"]
    assert await portal.count(deals) == 2
    assert await portal.count(product_rows) == 2
    assert await portal.count(record_links) == 1
    assert len([entry for entry in await portal.rows(entries) if entry.type == "added"]) == 4


async def test_all_that_is_wrong_with_a_row_is_said_at_once(portal: Portal) -> None:
    portal.write(deals=HEADER + "B1,Nobody,GTX Max,Acme,Won,soon,,much\n")

    report = await portal.run()

    assert text_of(report) == [
        "deals.csv:2 unknown responsible",
        "deals.csv:2 number amount",
        "deals.csv:2 date begin_date",
        "deals.csv:2 unknown product",
    ]
    assert report.files[-1].bad == 1


async def test_lines_are_those_of_an_editor_even_after_cells_of_several_lines(portal: Portal) -> None:
    header = FILES["accounts.csv"].split("\n")[0]
    portal.write(accounts=header + '\nAcme,"a\nb\nc",,,,,\n\n\nBad,x,,much,,,\n')

    report = await portal.run()

    assert text_of(report)[0] == "accounts.csv:7 number revenue"


async def test_a_byte_order_mark_is_no_part_of_the_first_column(portal: Portal) -> None:
    portal.write(deals=b"\xef\xbb\xbf" + (HEADER + GOOD).encode())

    report = await portal.run()

    assert (report.problems, report.files[-1].added) == ([], 1)


async def test_bytes_of_another_encoding_are_a_problem_of_their_line(portal: Portal) -> None:
    portal.write(accounts=FILES["accounts.csv"].encode("cp1252"), deals=HEADER)

    report = await portal.run()

    assert text_of(report) == ["accounts.csv:3 encoding account"]
    assert [row.title for row in await portal.rows(records)] == ["Acme"]


async def test_the_mapping_may_allow_another_encoding(portal: Portal) -> None:
    portal.write(accounts=FILES["accounts.csv"].encode("cp1252"), deals=HEADER)

    report = await portal.run(format='fallback = "cp1252"')

    assert report.problems == []
    assert [row.title for row in await portal.rows(records)] == ["Acme", "Óptica Norte"]


async def test_a_corrected_file_completes_what_was_left_out(portal: Portal) -> None:
    portal.write(deals=HEADER + GOOD + "B1,Nobody,GTX Pro,Acme,Won,,,\n")
    await portal.run()
    portal.write(deals=HEADER + GOOD + "B1,Tom Lee,GTX Pro,Acme,Won,,,\n")

    report = await portal.run()

    assert (report.added, report.changed, report.unchanged, report.problems) == (1, 0, 8, [])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "deals.csv:0 empty"),
        (b"\n\n", "deals.csv:0 empty"),
        (b"opportunity_id,sales_agent\n", "deals.csv:0 column account"),
        ("\ufeffa,b".encode("utf-16-le"), "deals.csv:1 encoding"),
        ((HEADER.strip() + ",product\n").encode(), "deals.csv:0 column product"),
    ],
)
async def test_a_file_that_is_not_what_the_mapping_says_is_refused_as_a_whole(
    portal: Portal, content: bytes, problem: str
) -> None:
    portal.write(deals=content)

    report = await portal.run()

    assert text_of(report)[0] == problem
    assert await portal.count(deals) == 0
    assert report.files[2].added == 2


async def test_a_quote_that_is_never_closed_costs_the_rest_of_the_file_only(portal: Portal) -> None:
    portal.write(deals=HEADER + GOOD + 'B1,"Ana Gil,GTX Pro,Acme,Won,,,\nB2,Ana Gil,GTX Pro,Acme,Won,,,\n')

    report = await portal.run()

    assert text_of(report) == ["deals.csv:3 quotes"]
    assert await portal.count(deals) == 1


async def test_a_file_the_mapping_does_not_know_is_named(portal: Portal, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")

    report = await run(portal.store, portal.admin, [other], mapping_of())

    assert text_of(report) == ["other.csv:0 unmapped"]


async def test_european_files_are_read_as_they_are_written(portal: Portal) -> None:
    text = FILES["accounts.csv"].replace(",", ";").replace("1100.04", '"1.100,04"')
    portal.write(accounts=text)
    accounts = [portal.folder / "accounts.csv"]
    european = mapping_of('delimiter = ";"\ndecimal = ","\nthousands = "."')

    report = await run(portal.store, portal.admin, accounts, european)

    assert report.problems == []
    assert str((await portal.rows(records))[0].amount) == "1100040000.00"
