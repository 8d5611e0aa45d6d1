import csv
import io
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvesters.carbon_mapper_answers import records_in
from tests.stac_schemas import SHARED, core_errors, extension_errors
from tests.transforms.carbon_mapper_surfaces import (
    BOUNDS,
    CURRENT,
    OLD,
    PLUME,
    Truth,
    canonical,
    detection,
    everything,
    feature,
    features,
    fragment_of,
    items_of,
    made_of,
    part_of,
    plume,
    row,
    source_answer,
)
from transforms.carbon_mapper import assemble, entry
from transforms.entry import Entry, IncompleteError

SAMPLES = SHARED / "upstream/carbon-mapper/samples"
ALL = everything()
SURFACES = {
    "list": [plume()],
    "nested": [source_answer()["plumes"][0]],
    "csv": [row()],
    "stac": [*features(CURRENT), *features(OLD), detection()],
}
SAID_ONCE = ("datetime", "platform", "instruments", "version", "cm:emission", "published", "updated", "cm:gas")


def properties(one: Entry) -> dict[str, Any]:
    found: dict[str, Any] = one.item["properties"]
    return found


def places(entries: list[Entry]) -> list[tuple[str, str, float | None]]:
    return [(one.rank, one.archive_id, properties(one).get("cm:emission")) for one in entries]


def test_all_surfaces_together_make_one_current_and_one_superseded_item() -> None:
    current, old = items_of(ALL)
    assert places([current, old]) == [
        ("100003", f"{PLUME}_v3", CURRENT.emission),
        ("100001", f"{PLUME}_v1", OLD.emission),
    ]
    assert {one.item["id"] for one in (current, old)} == {PLUME}
    assert [error for one in (current, old) for error in core_errors(one.item)] == []
    assert [error for one in (current, old) for error in extension_errors(one.item)] == []


@given(st.randoms(use_true_random=False), st.integers(1, len(ALL)), st.booleans())
@settings(max_examples=150)
def test_any_records_in_any_order_and_number_end_as_the_same_items(
    chance: random.Random,
    size: int,
    twice: bool,  # noqa: FBT001 - hypothesis draws it
) -> None:
    chosen = chance.sample(ALL, size)
    expected = canonical(items_of(sorted(chosen, key=lambda record: json.dumps(record, sort_keys=True))))
    again = chance.sample(chosen * 2, 2 * size) if twice else chance.sample(chosen, size)
    assert canonical(items_of(again)) == expected


@given(st.randoms(use_true_random=False), st.integers(1, len(ALL) - 1))
@settings(max_examples=150)
def test_what_comes_later_takes_nothing_away(chance: random.Random, size: int) -> None:
    chosen = chance.sample(ALL, size)
    fewer, all_of_them = items_of(chosen), {one.rank: one for one in items_of(ALL)}
    for one in fewer:
        whole = all_of_them[one.rank]
        assert properties(one).keys() <= properties(whole).keys()
        assert one.item["assets"].keys() <= whole.item["assets"].keys()
        assert one.archive_id == whole.archive_id


@pytest.mark.parametrize("surface", SURFACES)
def test_each_surface_alone_says_the_same_and_contradicts_none_of_the_others(surface: str) -> None:
    alone, together = items_of(SURFACES[surface]), {one.rank: one for one in items_of(ALL)}
    assert alone[0].rank == "100003"
    for one in alone:
        whole = together[one.rank]
        said, known = properties(one), properties(whole)
        assert {name: said.get(name) for name in SAID_ONCE} == {name: known.get(name) for name in SAID_ONCE}
        differing = {name for name in said if said[name] != known[name]}
        assert differing <= {"tercet:surface"}
        assert one.item["id"] == whole.item["id"]
        for key, asset in one.item["assets"].items():
            assert asset["href"] == whole.item["assets"][key]["href"]
            assert asset["type"] == whole.item["assets"][key]["type"]


def test_each_surface_adds_what_only_it_knows() -> None:
    listed, csv_row = properties(items_of([plume()])[0]), properties(items_of([row()])[0])
    stac = items_of(SURFACES["stac"])[0]
    assert csv_row.keys() - listed.keys() >= {"gsd", "view:off_nadir", "cm:wind_source", "cm:country", "cm:provider"}
    assert properties(stac).keys() - listed.keys() >= {"cm:ime", "cm:fetch", "cm:elevation", "created", "cm:modified"}
    assert listed.keys() - properties(stac).keys() >= {"cm:plume_uuid", "cm:scene_uuid", "cm:is_offshore"}
    assert stac.item["assets"]["mask"]["file:size"] > 0
    assert stac.item["geometry"]["coordinates"][0][0] != [BOUNDS[0], BOUNDS[1]]


@pytest.mark.parametrize("record", ALL, ids=lambda record: record.get("collection", "record"))
def test_one_part_alone_assembles_to_what_the_record_itself_makes(record: dict[str, Any]) -> None:
    try:
        made = entry(record)
    except IncompleteError as error:
        assert assemble([error.fragment.part]) == []  # noqa: PT017 - the record may be either
        return
    assert made.part is not None
    assert assemble([made.part]) == [made]
    assert canonical(made_of([made.part])) == canonical([made])


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (features(CURRENT)[2], "stac:l4a-ch4-mfa-v3"),
        (features(OLD)[2], "stac:l4a-ch4-mfa-v1"),
        (features(OLD)[1], "stac:l3a-ime-ch4-mfa-v1"),
        (detection(), "stac:l2c-ch4-v0"),
        ({**plume(), "plume_bounds": None}, "rest:v3"),
    ],
)
def test_a_record_without_an_area_is_kept_until_another_states_one(record: dict[str, Any], key: str) -> None:
    with pytest.raises(IncompleteError, match=f"{PLUME}.*kept until another record") as caught:
        entry(record)
    fragment = caught.value.fragment
    assert (fragment.collection, fragment.product, fragment.subject) == ("carbon-mapper-plumes", "plumes", PLUME)
    assert fragment.part.key == key
    assert len(items_of([record, feature(CURRENT, "l3a-vis-ch4-mfa-v3", "vis")])) >= 1


def test_bounds_that_are_a_point_are_no_area_and_cost_no_emission() -> None:
    pointed = {**plume(), "plume_bounds": [10.0, 20.0, 10.0, 20.0]}
    with pytest.raises(IncompleteError, match="no plume_bounds, or a point"):
        entry(pointed)
    (one,) = items_of([pointed, feature(CURRENT, "l3a-vis-ch4-mfa-v3", "vis")])
    assert properties(one)["cm:emission"] == CURRENT.emission


@pytest.mark.parametrize("emission", [9.5, 1056.0, 99999.0])
def test_an_emission_that_is_corrected_without_a_new_time_holds(emission: float) -> None:
    (one,) = items_of([plume(), {**plume(), "emission_auto": emission}])
    assert properties(one)["cm:emission"] == emission


def test_an_older_layout_of_the_same_row_takes_nothing_away() -> None:
    older = {name: value for name, value in row().items() if name not in {"country", "state_province"}}
    newer = {**row(), "country": "Chile", "state_province": "Maule"}
    for rows in permutations([newer, older]):
        assert properties(items_of(rows)[0])["cm:country"] == "Chile"


def test_an_emission_without_pictures_of_its_own_borrows_the_outline_of_the_version_next_to_it() -> None:
    current, old = items_of([plume(), features(OLD)[2]])
    assert old.item["geometry"] == current.item["geometry"]
    assert properties(old)["cm:emission"] == OLD.emission


# which rasters belong to which emission


def rasters(one: Entry) -> set[str]:
    return {asset["href"].split("/")[7] for asset in one.item["assets"].values()}


def test_pictures_of_v002_and_masses_of_v1_go_with_the_emission_v1() -> None:
    current, old = items_of([*features(CURRENT), *features(OLD)])
    assert rasters(current) == {"l3a-vis-ch4-mfa-v3", "l3a-ime-ch4-mfa-v3"}
    assert rasters(old) == {"l3a-vis-ch4-mfa-v002", "l3a-ime-ch4-mfa-v1"}


def test_pictures_alone_already_bear_the_version_of_the_emission_that_they_go_with() -> None:
    assert [one.archive_id for one in items_of([features(OLD)[0]])] == [f"{PLUME}_v1"]


def test_the_raster_of_the_legacy_collection_goes_with_the_emission_v1() -> None:
    truth = replace(OLD, ime="mfa-v1")
    _, old = items_of([*features(CURRENT), *features(truth)])
    assert rasters(old) == {"l3a-vis-ch4-mfa-v002", "l3a-ch4-mfa-v1"}


def test_a_record_that_names_its_rasters_is_believed_whatever_their_version() -> None:
    truth = replace(CURRENT, version="v3b", vis="v3a", ime="ime-mfa-v3a")
    (one,) = items_of([plume(truth), *features(truth)[:2]])
    assert properties(one)["version"] == "v3b"
    assert rasters(one) == {"l3a-vis-ch4-mfa-v3a", "l3a-ime-ch4-mfa-v3a"}


def test_an_emission_v0_keeps_the_pictures_v002_that_its_record_names() -> None:
    truth = replace(OLD, version="v0", is_current=True)
    (one,) = items_of([plume(truth), *features(truth)])
    assert (properties(one)["version"], rasters(one)) == ("v0", {"l3a-vis-ch4-mfa-v002", "l3a-ime-ch4-mfa-v1"})


def test_where_no_record_names_them_current_rasters_go_with_the_current_emission() -> None:
    truth = replace(CURRENT, version="v3b", vis="v3a", ime="ime-mfa-v3a")
    older = replace(OLD, version="v3", vis="v3z", ime="ime-mfa-v3z")
    current, old = items_of([*features(truth), *features(older)])
    assert (properties(current)["version"], properties(old)["version"]) == ("v3b", "v3")
    assert rasters(current) == {"l3a-vis-ch4-mfa-v3a", "l3a-ime-ch4-mfa-v3a"}
    assert rasters(old) == {"l3a-vis-ch4-mfa-v3z", "l3a-ime-ch4-mfa-v3z"}


def test_reprocessed_pictures_do_not_join_an_emission_that_has_its_own() -> None:
    newer = replace(CURRENT, version="v3e", vis="v3e", ime="ime-mfa-v3e")
    current, old = items_of([plume(OLD), features(newer)[0]])
    assert (properties(current)["version"], properties(old)["version"]) == ("v3e", "v1")
    assert "cm:emission" not in properties(current)
    assert rasters(old) == {"l3a-vis-ch4-mfa-v002", "l3a-ime-ch4-mfa-v1"}


VERSIONS = ("jpl", "v0", "v1", "v002", "v3", "v3a", "v3b", "v9")


@given(
    st.lists(
        st.builds(
            Truth,
            version=st.sampled_from([version for version in VERSIONS if version != "v002"]),
            emission=st.sampled_from([100.5, 200.25, 400.125]),
            mass=st.just(50.0),
            fetch=st.just(1000.0),
            software=st.sampled_from([None, "0.4.0-dev.59", "3.9.0", "3.18.1"]),
            vis=st.sampled_from(VERSIONS),
            ime=st.sampled_from([*(f"ime-mfa-{version}" for version in VERSIONS), "mfa-v1", "mf-v1"]),
            is_current=st.booleans(),
        ),
        min_size=1,
        max_size=3,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150)
def test_however_versions_are_mixed_the_order_does_not_matter_and_no_raster_is_lost(
    truths: list[Truth], chance: random.Random
) -> None:
    records = [record for truth in truths for record in (plume(truth), row(truth), *features(truth))]
    chosen = chance.sample(records, chance.randint(1, len(records)))
    # what a collection says of one plume is one Item; of two rows that differ and are as old the last one holds
    unique = list({record.get("collection") or record["emission_version"]: record for record in chosen}.values())
    found = items_of(unique)
    assert canonical(items_of(chance.sample(unique, len(unique)))) == canonical(found)
    assert len({one.rank for one in found}) == len(found)
    shown = {name for one in found for name in rasters(one)}
    for name in {record["collection"] for record in unique if record.get("assets")} - shown if found else ():
        # all its files are the same assets as those of a better one of the same kind
        assert [other for other in shown if ("vis" in other) == ("vis" in name)]


# which word holds


def test_a_reprocessing_that_moves_no_time_is_seen_by_its_software_whichever_came_last() -> None:
    older = {**plume(), "processing_software": "3.9.0", "emission_auto": 2000.0}
    for records in permutations([plume(), older]):
        assert properties(items_of(records)[0])["cm:emission"] == CURRENT.emission


def test_an_older_export_as_csv_does_not_overwrite_a_newer_list() -> None:
    export = {**row(), "modified": "2023-09-09 00:00:00+00:00", "ipcc_sector": "Solid Waste (6A)", "emission_auto": "1"}
    found = properties(items_of([plume(), export])[0])
    assert (found["cm:sector"], found["cm:emission"]) == ("1B2", CURRENT.emission)
    assert found["cm:country"] == "Turkmenistan"
    newer = {**export, "modified": "2026-01-01 00:00:00+00:00"}
    assert properties(items_of([plume(), newer])[0])["cm:sector"] == "6A"


def test_numbers_of_another_emission_are_not_mixed_in() -> None:
    other = {**features(CURRENT)[2]["properties"], "cm:emission": 9.5, "cm:emission_uncertainty": 1.5}
    stac = {**features(CURRENT)[2], "properties": other}
    listed = {**plume(), "emission_uncertainty_auto": None}
    found = properties(items_of([listed, stac])[0])
    assert found["cm:emission"] == CURRENT.emission
    assert "cm:emission_uncertainty" not in found


def test_of_emissions_by_several_filters_the_one_that_rest_names_holds() -> None:
    other = feature(replace(CURRENT, emission=1.5, software="9.9.9"), "l4a-ch4-mf-v3", "l4a")
    other["properties"]["cm:cmf_type"] = "mf"
    found = properties(items_of([plume(), *features(CURRENT), other])[0])
    assert (found["cm:emission"], found["cm:emission_cmf_type"]) == (CURRENT.emission, "mfa")


def test_what_rest_withholds_is_withheld_whatever_stac_says() -> None:
    hidden = {**plume(), "hide_emission": True, "emission_auto": None, "emission_uncertainty_auto": None}
    current, old = items_of([hidden, *features(CURRENT), *features(OLD)])
    assert "cm:emission" not in properties(current)
    assert properties(old)["cm:emission"] == OLD.emission


def test_of_two_surfaces_that_moved_no_time_the_newer_software_holds() -> None:
    processed = features(replace(CURRENT, emission=1.5, software="3.20.0"))
    for records in permutations([plume(), processed[2]]):
        assert properties(items_of(records)[0])["cm:emission"] == 1.5


def test_the_outline_of_the_pictures_is_the_geometry_whatever_else_has_an_area() -> None:
    vis, ime, _ = features(CURRENT)
    for records in permutations([plume(), vis, ime]):
        (one,) = items_of(records)
        assert one.item["geometry"] == vis["geometry"]
    assert items_of([ime])[0].item["geometry"] == ime["geometry"]


def test_of_several_pictures_of_one_emission_the_newest_are_shown() -> None:
    first, second = features(replace(OLD, vis="v1"))[0], features(OLD)[0]
    for records in permutations([first, second, features(OLD)[2]]):
        (one,) = items_of(records)
        assert rasters(one) == {"l3a-vis-ch4-mfa-v002"}


def test_an_item_is_as_fresh_as_the_freshest_of_what_is_known() -> None:
    known = [plume(), row(), *features(CURRENT)]
    for one in items_of(known):
        assert one.freshness == max(part_of(record).freshness for record in known)


def test_a_null_emission_without_a_flag_is_filled_up_by_stac() -> None:
    unknown = {**plume(), "emission_auto": None, "emission_uncertainty_auto": None}
    assert properties(items_of([unknown, *features(CURRENT)])[0])["cm:emission"] == CURRENT.emission


def test_a_record_without_a_version_joins_the_newest_and_is_its_last_word() -> None:
    loose = {
        **plume(),
        "emission_version": None,
        "plume_tif": None,
        "plume_png": None,
        "rgb_png": None,
        "con_tif": None,
    }
    assert [one.archive_id for one in items_of([loose])] == [f"{PLUME}_unversioned"]
    (one,) = items_of([{**loose, "emission_auto": 1.0}, *features(CURRENT)])
    assert one.archive_id == f"{PLUME}_v3"
    assert properties(one)["cm:emission"] == CURRENT.emission


def test_what_was_said_of_the_plume_last_holds_for_its_superseded_version_too() -> None:
    moved = detection()
    moved["properties"] |= {"cm:sector": "6A", "cm:modified": "2026-01-01T00:00:00Z"}
    assert {properties(one)["cm:sector"] for one in items_of([*ALL, moved])} == {"6A"}


# the recorded plume


def recorded() -> dict[str, list[Mapping[str, Any]]]:
    """What each surface once answered about emi20240420t101448p07050-A; CSV is made of the figures of the list."""

    def plumes_in(name: str) -> list[Mapping[str, Any]]:
        found = records_in(json.loads((SAMPLES / name).read_bytes())) or ()
        return [record for record in found if "source_name" not in record]

    listed = plumes_in("rest/plumes-annotated_page_emi20240420t101448p07050-A.json")
    return {
        "list": listed,
        "nested": plumes_in("rest/source-by-plume-name_CH4_1B2_100m_46.03600_15.58646.json"),
        "stac": plumes_in("stac/search_ids-emi20240420t101448p07050-A.json"),
        "csv": [as_row(listed[0])],
    }


def as_row(record: Mapping[str, Any]) -> dict[str, str]:
    longitude, latitude = record["geometry_json"]["coordinates"]
    columns = {
        **{name: value for name, value in record.items() if name in row()},
        "plume_latitude": latitude,
        "plume_longitude": longitude,
        "datetime": record["scene_timestamp"].replace("Z", "+00"),
        "ipcc_sector": f"Oil & Gas ({record['sector']})",
        "wind_source_auto": "ecmwf_ifs",
        "provider": "NASA-JPL EMIT",
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, sorted(columns), lineterminator="\r\n")
    writer.writeheader()
    writer.writerow({name: "" if value is None else value for name, value in columns.items()})
    return next(csv.DictReader(io.StringIO(text.getvalue())))


needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no recorded answers in {SAMPLES}")


@needs_samples
def test_the_recorded_plume_ends_the_same_wherever_and_in_whichever_order_it_was_read() -> None:
    surfaces = recorded()
    together = [record for records in surfaces.values() for record in records]
    expected = items_of(together)
    assert [(one.archive_id[-2:], round(properties(one)["cm:emission"], 1)) for one in expected] == [
        ("v3", 3056.0),
        ("v1", 3610.6),
    ]
    assert not any(one.remarks for one in expected)
    for order in permutations(surfaces):
        assert canonical(items_of(record for name in order for record in surfaces[name])) == canonical(expected)


@needs_samples
@pytest.mark.parametrize("surface", ["list", "nested", "stac", "csv"])
def test_each_surface_of_the_recorded_plume_alone_says_the_same(surface: str) -> None:
    surfaces = recorded()
    together = {one.rank: one for one in items_of(record for records in surfaces.values() for record in records)}
    alone = items_of(surfaces[surface])
    assert alone[0].rank == max(together)
    assert (len(alone) == 2) == (surface == "stac")
    for one in alone:
        whole = together[one.rank]
        assert one.item["id"] == whole.item["id"]
        differing = {name for name, value in properties(one).items() if properties(whole)[name] != value}
        assert differing <= {"tercet:surface"}


def test_the_ledger_keeps_one_part_of_the_list_and_the_nested_answer() -> None:
    one, other = part_of(plume()), part_of(source_answer()["plumes"][0])
    assert one == other
    assert fragment_of(plume()).subject == PLUME
