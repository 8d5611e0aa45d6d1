import copy
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stac_schemas import core_errors, extension_errors
from tests.upstreams.earthcare_archive import item
from tests.upstreams.earthcare_orbit import FRAMES, Frame
from transforms.earthcare import assemble, entry
from transforms.earthcare_access import ACCESS, CLASSES, access, most_open
from transforms.earthcare_file import MARK
from transforms.entry import Entry, IncompleteError, Part

VALIDATED = "EarthCAREL2Validated_MAAP"
CAL_VAL = "EarthCAREL2Products_MAAP"
CHECKED = "EarthCAREL2InstChecked_MAAP"
COLLECTIONS = (VALIDATED, CAL_VAL, CHECKED)
DAY = datetime(2025, 9, 21, 4, 12, 37, tzinfo=UTC)


def record(
    collection: str = VALIDATED, said: Mapping[str, Any] | None = None, *, baseline: str = "BA", made: datetime = DAY
) -> dict[str, Any]:
    sent = item(Frame(5989, FRAMES.index("D")), "MSI_COP_2A", baseline, made, collection)
    sent["properties"].update(said or {})
    return sent


def partial(said: Mapping[str, Any] | None = None) -> dict[str, Any]:
    whole = record(said=said)
    return {"id": whole["id"], "bbox": whole["bbox"], "properties": whole["properties"], "asset_keys": ["product"]}


def local(**more: Any) -> dict[str, Any]:
    name = record()["id"]
    track = [[10.0, 20.0], [9.0, 25.0], [8.0, 30.0]]
    read = {"name": f"{name}.h5", "files": {"data": {"href": f"file:///data/{name}.h5", "size": 7}}, "track": track}
    return {"id": name, MARK: {**read, **more}}


def part_of(sent: dict[str, Any]) -> Part:
    try:
        made = entry(sent)
    except IncompleteError as error:
        return error.fragment.part
    assert made.part is not None
    return made.part


def together(*sent: dict[str, Any]) -> list[Entry]:
    return assemble([json_round(part_of(one)) for one in sent])


def json_round(part: Part) -> Part:
    """As the ledger gives it back."""
    return Part(part.key, json.loads(json.dumps(part.said)), part.freshness, part.rank)


SENT = st.sampled_from(COLLECTIONS).flatmap(
    lambda collection: st.builds(
        lambda baseline, updated, doi: record(
            collection, {"updated": f"2025-10-1{updated}T00:00:00Z", "sci:doi": doi}, baseline=baseline
        ),
        st.sampled_from(["AE", "BA"]),
        st.integers(0, 9),
        st.sampled_from(["10.57780/eca-94b4e53", None]),
    )
)


class TestOneRecord:
    @given(SENT)
    def test_a_part_alone_makes_exactly_the_entry_that_its_record_makes(self, sent: dict[str, Any]) -> None:
        alone = entry(sent)
        assert assemble([json_round(part_of(sent))]) == [alone]

    def test_a_file_alone_does_too(self) -> None:
        assert assemble([part_of(local())]) == [entry(local())]

    def test_what_is_kept_of_a_record_is_short_json_without_null(self) -> None:
        part = part_of(record())
        kept = json.dumps(part.said, allow_nan=False)
        assert len(kept) < len(json.dumps(record())) / 2
        assert "null" not in kept


class TestSeveralRecords:
    @pytest.mark.parametrize(
        ("collections", "expected"),
        [
            ([VALIDATED], "registered"),
            ([CHECKED, VALIDATED], "registered"),
            ([CHECKED, CAL_VAL], "cal-val"),
            ([CHECKED], "special"),
            (["EarthCAREL2Validated"], "registered"),
            (["EarthCARENew_MAAP", CHECKED], "special"),
        ],
    )
    def test_one_item_names_all_collections_and_the_most_open_access(
        self, collections: list[str], expected: str
    ) -> None:
        [one] = together(*(record(collection) for collection in collections))
        assert one.item["properties"]["earthcare:collections"] == sorted(collections)
        assert one.item["properties"]["earthcare:access"] == expected
        assert set(one.item["assets"]["data"]["alternate"]) == {"s3"}
        assert core_errors(one.item) + extension_errors(one.item) == []

    def test_an_unknown_collection_has_no_access_class(self) -> None:
        properties = entry(record("EarthCARENew_MAAP")).item["properties"]
        assert properties["earthcare:collections"] == ["EarthCARENew_MAAP"]
        assert "earthcare:access" not in properties

    def test_each_record_is_linked_to_the_most_open_first(self) -> None:
        [one] = together(record(CHECKED), record(VALIDATED))
        via = [link["href"].split("/")[-3] for link in one.item["links"] if link["rel"] == "via"]
        assert via == [VALIDATED, CHECKED]
        assert f"/{VALIDATED}/" in one.item["assets"]["metadata_iso_19139"]["href"]

    def test_the_latest_change_counts_and_gaps_are_filled(self) -> None:
        open_one = record(VALIDATED, {"updated": "2025-10-13T15:53:59Z", "sci:doi": None})
        other = record(CHECKED, {"updated": "2025-10-15T15:53:59.120Z", "processing:facility": "PDGS-CPF"})
        [one] = together(open_one, other)
        properties = one.item["properties"]
        assert properties["updated"] == one.freshness == "2025-10-15T15:53:59.120Z"
        assert properties["sci:doi"] == "10.57780/eca-94b4e53"
        assert properties["processing:facility"] == "PDGS-CPFxx"

    @given(st.lists(SENT, min_size=1, max_size=6), st.randoms())
    def test_the_order_of_the_records_does_not_matter(self, sent: list[dict[str, Any]], random: Any) -> None:
        newest: dict[str, Part] = {}
        for part in sorted(map(part_of, sent), key=lambda part: part.freshness):
            newest[part.key] = part
        parts = list(newest.values())
        shuffled = random.sample(parts, len(parts))
        assert assemble(parts) == assemble(shuffled)

    def test_baselines_of_a_frame_are_entries_of_their_own(self) -> None:
        later = DAY.replace(hour=9)
        entries = together(
            record(baseline="AE"), record(), record(CHECKED), record(made=later), record(CHECKED, baseline="AE")
        )
        said = {one.rank: one.item["properties"]["earthcare:collections"] for one in entries}
        assert said == {
            "AE|2025-09-21T04:12:37.000Z": [CHECKED, VALIDATED],
            "BA|2025-09-21T04:12:37.000Z": [CHECKED, VALIDATED],
            "BA|2025-09-21T09:12:37.000Z": [VALIDATED],
        }
        assert len({one.subject for one in entries}) == 1
        assert len({one.archive_id for one in entries}) == 3

    def test_each_record_of_a_frame_has_a_key_of_its_own(self) -> None:
        sent = [record(), record(CHECKED), record(baseline="AE"), record(CHECKED, baseline="AE"), partial(), local()]
        assert len({part_of(one).key for one in sent}) == len(sent)

    def test_remarks_of_all_are_told_once(self) -> None:
        odd = [record(collection, {"sat:absolute_orbit": 7}) for collection in COLLECTIONS]
        [one] = together(*odd)
        assert one.remarks == ("the record's orbit is not that of the product name, which is believed",)


class TestParts:
    def test_a_part_of_a_record_waits_and_says_for_what(self) -> None:
        with pytest.raises(
            IncompleteError,
            match=r"_05989D has no geometry, and the box around a frame .* ask the archive for the whole",
        ) as caught:
            entry(partial())
        fragment = caught.value.fragment
        assert (fragment.collection, fragment.product) == ("earthcare-msi-cop-2a", "MSI_COP_2A")
        assert fragment.subject == entry(record()).subject
        assert assemble([fragment.part]) == []

    def test_a_part_does_not_take_the_place_of_the_whole_record(self) -> None:
        bare = {**record(), "geometry": None}
        assert part_of(bare).key != part_of(record()).key
        [one] = together(record(), bare)
        assert one.item == entry(record()).item

    def test_a_part_adds_what_the_whole_record_leaves_out(self) -> None:
        [one] = together(record(said={"sci:doi": None}), partial({"processing:facility": "other"}))
        assert one.item["properties"]["sci:doi"] == "10.57780/eca-94b4e53"
        assert one.item["properties"]["processing:facility"] == "PDGS-CPFxx"

    def test_a_part_and_a_file_make_an_item(self) -> None:
        [one] = together(partial(), local())
        properties = one.item["properties"]
        assert one.item["geometry"]["type"] == "LineString"
        assert properties["published"] == entry(record()).item["properties"]["published"]
        assert properties["tercet:surface"] == "stac"
        assert core_errors(one.item) + extension_errors(one.item) == []


class TestFileAndRecord:
    def test_a_file_is_another_place_of_the_archives_product(self) -> None:
        [one] = together(record(), local())
        data, remote = one.item["assets"]["data"], entry(record()).item["assets"]["data"]
        assert data["href"] == remote["href"]
        assert data["alternate"]["local"]["href"] == f"file:///data/{one.item['id']}.h5"
        assert data["alternate"]["s3"] == remote["alternate"]["s3"]
        assert core_errors(one.item) + extension_errors(one.item) == []

    def test_all_else_is_as_the_archive_says(self) -> None:
        [one] = together(local(), record())
        remote = copy.deepcopy(entry(record()).item)
        del one.item["assets"]["data"]["alternate"]["local"]
        assert one.item == remote

    def test_a_file_alone_is_the_data(self) -> None:
        data = entry(local()).item["assets"]["data"]
        assert data["href"].startswith("file:///")
        assert "alternate" not in data

    def test_a_header_alone_adds_its_place_to_the_record(self) -> None:
        header = local(track=None, files={"header": {"href": "file:///data/x.HDR", "size": 3}})
        [one] = together(record(), header)
        assert one.item["assets"]["header"]["alternate"]["local"]["href"] == "file:///data/x.HDR"


def test_every_collection_of_the_archive_has_an_access_class() -> None:
    assert set(ACCESS.values()) == set(CLASSES)
    assert all(access(f"{name}_MAAP") == access(name) == kind for name, kind in ACCESS.items())


@given(st.lists(st.sampled_from([*ACCESS, "EarthCARENew"]), min_size=1))
def test_the_most_open_class_does_not_depend_on_order(collections: Sequence[str]) -> None:
    order = list(CLASSES)
    known = [ACCESS[name] for name in collections if name in ACCESS]
    expected = min(known, key=order.index) if known else None
    assert most_open(tuple(collections)) == most_open(tuple(reversed(collections))) == expected
