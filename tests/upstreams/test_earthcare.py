import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.upstreams.earthcare import NAMES, Archive, records
from tests.upstreams.earthcare_archive import LAST
from tests.upstreams.earthcare_filter import BadFilterError, Filter
from tests.upstreams.earthcare_orbit import PERIOD_S, Frame, frame_number

ROW: dict[str, Any] = {"type": "MSI_COP_2A", "version": "BA", "orbit": 5989, "frame": "D", "state": "DESCENDING"}
START = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\"product:type\"='MSI_COP_2A'", True),
        ("product:type = 'MSI_CM__2A'", False),
        ("\"product:type\"='MSI_COP_2A' AND \"version\"='ba'", True),
        ("(sat:absolute_orbit = 1 OR sat:absolute_orbit = 5989)", True),
        ("sat:absolute_orbit >= 5990 AND sat:absolute_orbit <= 6000", False),
        ("frame IN ('A','D')", True),
        ("frame in ('A', 'B') or version <> 'BC'", True),
    ],
)
def test_filters_of_the_known_clients_are_understood(text: str, expected: bool) -> None:  # noqa: FBT001 - a table of answers
    assert Filter(text, NAMES["new"]).matches(ROW) is expected


@pytest.mark.parametrize(
    "text", ["productType='X'", "frame", "frame = ", "frame = 'A' 'B'", "(frame = 'A'", "frame ~ 3"]
)
def test_other_filters_are_refused(text: str) -> None:
    with pytest.raises(BadFilterError):
        Filter(text, NAMES["new"])


@pytest.mark.parametrize("stride", [1, 3, 77])
def test_what_overlaps_an_interval_is_found_by_arithmetic(stride: int) -> None:
    archive = Archive(
        900, versions=2, stride=stride, first=frame_number(START), product_types=("MSI_COP_2A", "ATL_TC__2A")
    )
    start, end = START + timedelta(days=2, minutes=7), START + timedelta(days=3)
    frames = [Frame.numbered(archive.first + index // 4 * stride) for index in range(900)]
    expected = [index for index, frame in enumerate(frames) if frame.end >= start and frame.start <= end]
    assert list(archive.between(start, end)) == expected


@pytest.mark.parametrize("count", [1, 24, 1000, 100_000, 600_000])
def test_an_archive_of_any_size_stays_within_the_mission(count: int) -> None:
    archive = Archive.generate(count)
    last = archive.record(count - 1)
    assert archive.record(0)["properties"]["start_datetime"].startswith("2024-07-1")
    assert datetime.fromisoformat(last["properties"]["start_datetime"]) <= Frame.numbered(LAST).end
    assert len({archive.record(index)["id"] for index in range(0, count, max(1, count // 50))}) >= min(count, 50)


def test_a_seed_changes_the_records_and_nothing_else_does() -> None:
    assert records(3, seed=1) == records(3, seed=1)
    assert records(3, seed=1) != records(3, seed=2)


def test_frames_follow_each_other_and_fill_the_orbit() -> None:
    frames = [Frame(5989, index) for index in range(8)]
    assert all(one.end == other.start for one, other in itertools.pairwise(frames))
    assert (frames[-1].end - frames[0].start).total_seconds() == pytest.approx(PERIOD_S, abs=1)
    assert frames[-1].end == Frame(5990, 0).start
