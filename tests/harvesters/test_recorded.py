"""Recorded answers, recognised by what they hold."""

import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvesters.base import Page, Record
from harvesters.carbon_mapper import CarbonMapper
from harvesters.icesat2 import ICESat2
from harvesters.recorded import recorded_pages
from tercet.errors import ConfigError, RecordError
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


def test_a_broken_first_line_costs_that_line(tmp_path: Path) -> None:
    found = pages(kept(tmp_path, b'{"plume_id": "x", "gas\n\n' + lines(PLUMES)))
    assert ids(found) == EXPECTED
    assert [bad.name.split(", ")[-1] for part in found for bad in part.unreadable] == ["line 1"]


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("count", [1, 2])
def test_a_document_over_many_lines_is_not_taken_for_many(tmp_path: Path, indent: int | None, count: int) -> None:
    found = pages(kept(tmp_path, json.dumps(PLUMES[:count], indent=indent).replace("}, {", "},\n{").encode()))
    assert ids(found) == EXPECTED[:count]
    assert reasons(found) == []


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    found = pages(kept(tmp_path, b"\n" + lines(PLUMES[:1]) + b"\n\n" + lines(PLUMES[1:2]) + b"[1,\n"))
    assert [bad.name.split(", ")[-1] for part in found for bad in part.unreadable] == ["line 6"]


def test_what_python_writes_for_unknown_numbers_is_unknown(tmp_path: Path) -> None:
    odd = {**PLUMES[0], "emission_auto": float("nan"), "wind_speed_avg_auto": float("inf")}
    found = pages(kept(tmp_path, json.dumps({"items": [odd, PLUMES[1]], "total_count": 2, "offset": 0}).encode()))
    assert ids(found) == EXPECTED[:2]
    assert (found[0].records[0]["emission_auto"], found[0].records[0]["wind_speed_avg_auto"]) == (None, None)
    assert ids(pages(kept(tmp_path, json.dumps(odd).encode() + b"\n" + lines(PLUMES[1:2])))) == EXPECTED[:2]


@pytest.mark.parametrize("text", [b'[{"a": NaN}]', b'{"b": [-Infinity]}'])
def test_nan_is_not_why_a_file_is_no_answer(tmp_path: Path, text: bytes) -> None:
    assert ["that Tercet knows" in reason for reason in reasons(pages(kept(tmp_path, text)))] == [True]


@pytest.mark.parametrize("text", [b'{"a": NaN', b'{"a": NaN, "b": "\\ud800"}', b'{"a": Nan}'])
def test_broken_json_is_broken_with_nan_in_it_too(tmp_path: Path, text: bytes) -> None:
    assert ["breaks off or is broken" in reason for reason in reasons(pages(kept(tmp_path, text)))] == [True]


def csv_of(*rows: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def test_quoted_line_breaks_and_rows_of_other_lengths_are_read(tmp_path: Path) -> None:
    content = csv_of(
        ["plume_id", "gas", "notes"], ["a", "CH4", 'two\r\nlines, "quoted"'], ["b"], ["c", "CO2", "", "x", "y"]
    )
    found = pages(kept(tmp_path, content))
    assert [dict(record) for part in found for record in part.records] == [
        {"plume_id": "a", "gas": "CH4", "notes": 'two\r\nlines, "quoted"'},
        {"plume_id": "b", "gas": "", "notes": ""},
        {"plume_id": "c", "gas": "CO2", "notes": ""},
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"plume_id": "a", "plume_latitude": "1", "plume_longitude": "2", "datetime": "2024"},
        {"id": "1", "plume_id": "a", "gas": "CH4", "scene_timestamp": "2026"},
    ],
    ids=["old-layout", "new-layout"],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, b"\xef\xbb\xbf".__add__], ids=["plain", "gzip", "bom"])
def test_csv_is_known_by_its_header(tmp_path: Path, row: dict[str, str], pack: Callable[[bytes], bytes]) -> None:
    found = pages(kept(tmp_path, pack(csv_of(list(row), list(row.values())))))
    assert [dict(record) for part in found for record in part.records] == [row]


def test_csv_behind_headers_is_read(tmp_path: Path) -> None:
    content = b"HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n\r\n" + csv_of(["plume_id", "gas"], ["a", "CH4"])
    assert ids(pages(kept(tmp_path, content))) == ["a"]


def test_blank_lines_before_the_header_of_csv_do_no_harm(tmp_path: Path) -> None:
    assert ids(pages(kept(tmp_path, b"\r\n\r\n" + csv_of(["plume_id", "gas"], ["a", "CH4"])))) == ["a"]


def test_a_row_that_csv_breaks_off_in_is_told_and_makes_no_record(tmp_path: Path) -> None:
    found = pages(kept(tmp_path, csv_of(["plume_id", "gas", "sector"], ["a", "CH4", "6A"]) + b"b,CH"))
    assert ids(found) == ["a"]
    assert ["its last row breaks off" in reason for reason in reasons(found)] == [True]


def test_rows_before_csv_breaks_are_kept_and_the_break_is_told(tmp_path: Path) -> None:
    content = csv_of(["plume_id", "gas"], *([f"p{index}", "CH4"] for index in range(1200))) + b'"' + b"x" * 200_000
    found = pages(kept(tmp_path, content))
    assert ids(found) == [f"p{index}" for index in range(1200)]
    assert ["cannot be read to its end: field larger" in reason for reason in reasons(found)] == [True]


def test_records_before_a_packed_file_breaks_off_are_kept_and_the_break_is_told(tmp_path: Path) -> None:
    many = carbon_mapper_archive.records(300)
    packed = gzip.compress(lines(many))
    found = pages(kept(tmp_path, packed[: len(packed) // 2]))
    assert 0 < len(ids(found)) < 300
    assert ids(found) == [plume["plume_id"] for plume in many][: len(ids(found))]
    assert "cannot be read to its end" in reasons(found)[-1]


def test_a_packed_file_that_is_damaged_costs_that_file(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(lines(carbon_mapper_archive.records(300))))
    packed[200:260] = bytes(60)
    kept(tmp_path, bytes(packed), "a.gz")
    kept(tmp_path, page(PLUMES), "b.json")
    found = pages(str(tmp_path))
    assert ids(found)[-5:] == EXPECTED
    assert reasons(found)


def test_a_closed_file_costs_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = kept(tmp_path, page(PLUMES), "a.json")
    kept(tmp_path, page(PLUMES), "b.json")

    def refuse(path: Any, *rest: Any, **more: Any) -> Any:
        if str(path) == closed:
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **more)

    real = io.FileIO
    monkeypatch.setattr(io, "FileIO", refuse)
    found = pages(str(tmp_path))
    assert ids(found) == EXPECTED
    assert ["Permission denied" in reason for reason in reasons(found)] == [True]


@pytest.mark.parametrize("depth", [300, 1000, 100_000])
def test_lists_in_lists_are_no_answer(tmp_path: Path, depth: int) -> None:
    assert len(reasons(pages(kept(tmp_path, b"[" * depth + b"]" * depth)))) == 1


@settings(max_examples=200)
@given(content=st.binary(max_size=200))
def test_whatever_a_file_holds_it_is_read_or_told(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    found = pages(kept(tmp_path_factory.getbasetemp(), content, "fuzz"))
    assert found
    assert all(len(part.records) + len(part.unreadable) > 0 for part in found)


def test_a_file_larger_than_memory_is_read_in_little_of_it(tmp_path: Path) -> None:
    path = tmp_path / "many.ndjson"
    block = lines(carbon_mapper_archive.records(500))
    with path.open("wb") as file:
        for _ in range(40):
            file.write(block)
    tracemalloc.start()
    try:
        assert sum(len(part.records) for part in recorded_pages(CarbonMapper(), [str(path)])) == 20_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * len(block) / 2
    assert peak < 12 * 1000 * len(block) / 500  # a page of records takes more room than its text


@dataclass(frozen=True)
class Containers(CarbonMapper):
    """Carbon Mapper, as if it had files that are no text."""

    def records_in_file(self, path: Path) -> list[Record] | None:
        content = path.read_bytes()
        if content.startswith((b"PK", b"\0")):
            raise RecordError("it is cut short: download it again")
        return [{"name": path.name, "size": len(content)}] if content.startswith(b"\x89HDF") else None


def test_a_file_that_is_no_text_is_the_sources_to_read(tmp_path: Path) -> None:
    kept(tmp_path, b"\x89HDF\r\n\x1a\n\0\0", "a.h5")
    kept(tmp_path, b"PK\x03\x04", "b.zip")
    kept(tmp_path, b"PAR1", "c.parquet")
    kept(tmp_path, b"\0\0\0\0", "e.H5")
    kept(tmp_path, page(PLUMES), "d.json")
    found = list(recorded_pages(Containers(), [str(tmp_path)]))
    assert found[0].records == [{"name": "a.h5", "size": 10}]
    assert [(Path(bad.name).name, bad.reason) for part in found for bad in part.unreadable] == [
        ("b.zip", "it is cut short: download it again"),
        ("c.parquet", "it is not JSON, NDJSON or CSV, which answers of the provider are"),
        ("e.H5", "it is cut short: download it again"),
    ]
    assert [len(part.records) for part in found if part.records] == [1, 5]
