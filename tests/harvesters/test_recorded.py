"""Recorded answers, recognised by what they hold."""

import gzip
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from harvesters.base import Page
from harvesters.carbon_mapper import CarbonMapper
from harvesters.icesat2 import ICESat2
from harvesters.recorded import recorded_pages
from tercet.errors import ConfigError
from tests.upstreams import carbon_mapper_archive, icesat2_archive

PLUMES = carbon_mapper_archive.records(5)
GRANULES = icesat2_archive.records(5)


def lines(records: list[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)


def page(records: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"items": records, "total_count": len(records), "offset": 0, "limit": 100})


def kept(folder: Path, content: bytes, name: str = "answer") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def pages(*paths: str) -> list[Page]:
    return list(recorded_pages(CarbonMapper(), paths))


def ids(found: list[Page]) -> list[str]:
    return [record["plume_id"] for part in found for record in part.records]


def reasons(found: list[Page]) -> list[str]:
    return [bad.reason for part in found for bad in part.unreadable]


EXPECTED = [plume["plume_id"] for plume in PLUMES]


@pytest.mark.parametrize(
    "content",
    [
        page(PLUMES),
        json.dumps({"items": PLUMES, "total_count": 5, "offset": 0}, indent=2).encode(),
        b"\xef\xbb\xbf" + page(PLUMES),
        gzip.compress(page(PLUMES)),
        lines(PLUMES),
        gzip.compress(lines(PLUMES)),
        b"\n".join([page(PLUMES[:2]), b"", page(PLUMES[2:]), b""]),
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + page(PLUMES),
        b"GET /x\naccept: */*\n\nHTTP/1.1 200 OK\ncontent-type: application/json\n\n" + page(PLUMES),
        orjson.dumps(PLUMES),
    ],
    ids=["page", "indented", "bom", "gzip", "ndjson", "ndjson-gzip", "ndjson-of-pages", "curl", "recording", "list"],
)
def test_an_answer_is_known_by_what_it_holds(tmp_path: Path, content: bytes) -> None:
    found = pages(kept(tmp_path, content))
    assert ids(found) == EXPECTED
    assert reasons(found) == []


def test_rows_of_csv_are_records(tmp_path: Path) -> None:
    rows = list(carbon_mapper_archive.rows(3))
    header = ",".join(rows[0])
    body = [",".join('"' + value.replace('"', '""') + '"' for value in row.values()) for row in rows]
    found = pages(kept(tmp_path, "\r\n".join([header, body[0], header, *body[1:], ""]).encode()))
    assert ids(found) == [row["plume_id"] for row in rows]
    assert reasons(found) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b" \n ", "it is empty"),
        (page(PLUMES)[:-20], "breaks off or is broken"),
        (b"hello\nworld", "not JSON, NDJSON or CSV"),
        (b"II*\0\x08\0\0\0\n", "not text"),
        (b'{"unknown": 1}', "not an answer of carbon-mapper that Tercet knows"),
        (gzip.compress(page(PLUMES))[:-30], "cannot be read"),
    ],
    ids=["empty", "blank", "truncated", "text", "binary", "unknown", "cut-gzip"],
)
def test_what_is_no_answer_says_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    path = kept(tmp_path, content)
    found = pages(path)
    assert ids(found) == []
    (bad,) = [bad for part in found for bad in part.unreadable]
    assert said in bad.reason
    assert path in bad.name


def test_a_bad_line_costs_that_line(tmp_path: Path) -> None:
    broken = lines(PLUMES[:2]) + b'{"plume_id": "x\n' + lines(PLUMES[2:]) + b'{"cut'
    found = pages(kept(tmp_path, broken))
    assert ids(found) == EXPECTED
    assert [bad.name.split(", ")[-1] for part in found for bad in part.unreadable] == ["line 3", "line 7"]


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    kept(tmp_path, page(PLUMES[3:]), "b.json")
    (tmp_path / "a").mkdir()
    kept(tmp_path / "a", page(PLUMES[:3]), "z.json")
    kept(tmp_path, b"not read", ".hidden")
    assert ids(pages(str(tmp_path))) == EXPECTED


def test_many_records_come_in_pages_of_a_thousand(tmp_path: Path) -> None:
    found = pages(kept(tmp_path, lines(carbon_mapper_archive.records(2500))))
    assert [len(part.records) for part in found] == [1000, 1000, 500]


def test_another_sources_answer_is_not_ours(tmp_path: Path) -> None:
    path = kept(tmp_path, lines(GRANULES))
    assert len(reasons(pages(path))) == len(GRANULES)
    assert sum(len(part.records) for part in recorded_pages(ICESat2(), [path])) == len(GRANULES)


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_path_without_files_is_refused_before_anything_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=name):
        pages(kept(tmp_path, page(PLUMES)), str(tmp_path / name))
