from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercet.errors import RecordError
from transforms.carbon_mapper_names import CDN, GATEWAY, AssetUrl, PlumeId, ProductCollection
from transforms.carbon_mapper_versions import software_rank, version_rank

CHECKSUM = "1114" + "0123456789abcdef0123456789abcdef01234567"
PATH = "l3a-vis-ch4-mfa-v3/2025/06/12/tan20250612t174512c30s4001-A/tan20250612t174512c30s4001-A_l3a-vis-ch4-mfa-v3_"


@pytest.mark.parametrize(
    ("plume_id", "scene", "instrument", "second", "fraction"),
    [
        ("tan20260331t181625c77s4001-D", "tan20260331t181625c77s4001", "tan", "2026-03-31T18:16:25", "770"),
        ("tan20250220t080054c00s4001-AA", "tan20250220t080054c00s4001", "tan", "2025-02-20T08:00:54", "000"),
        ("emi20240420t101448p07050-A", "emi20240420t101448p07050", "emi", "2024-04-20T10:14:48", "000"),
        ("GAO20220419t161635p0000-BZ", "GAO20220419t161635p0000", "GAO", "2022-04-19T16:16:35", "000"),
        ("av320241004t192754-C", "av320241004t192754", "av3", "2024-10-04T19:27:54", "000"),
        ("ang20200716t202023-1", "ang20200716t202023", "ang", "2020-07-16T20:20:23", "000"),
        ("new20300101t000000x9y8-B", "new20300101t000000x9y8", "new", "2030-01-01T00:00:00", "000"),
        ("ssc20300101t000000_s4.1-B", "ssc20300101t000000_s4.1", "ssc", "2030-01-01T00:00:00", "000"),
    ],
)
def test_a_plume_id_is_scene_and_part_whatever_the_suffix(
    plume_id: str, scene: str, instrument: str, second: str, fraction: str
) -> None:
    assert PlumeId.parse(plume_id) == PlumeId(scene, instrument, second, fraction)


@pytest.mark.parametrize(
    "name",
    ["", "emi20240420t101448p07050", "emi20240420t101448p07050-", "emi20240420t101448p07050-a", "A/../B", "x-A\n"],
)
def test_what_is_no_plume_id_is_refused(name: str) -> None:
    with pytest.raises(RecordError, match="is not a plume id"):
        PlumeId.parse(name)


def test_versions_sort_by_age() -> None:
    ordered = ["jpl", "v0", "v1", "v2", "v3", "v3a", "v3b", "v3e", "v4", "v10", "v10a"]
    ranks = [version_rank(version) for version in ordered]
    assert all(earlier < later for earlier, later in pairwise(ranks))
    assert version_rank("v002") == version_rank("v2")
    assert version_rank(None) < version_rank("j001") < version_rank("jpl") < version_rank("v0")


def test_software_sorts_by_age_and_a_release_after_what_led_to_it() -> None:
    ordered = [None, "0.4.0-dev.59", "0.4.0", "3.8.1-alpha.2+hotfix.245.1360bd52", "3.8.1", "3.18.1", "3.100.0"]
    ranks = [software_rank(version) for version in ordered]
    assert all(earlier < later for earlier, later in pairwise(ranks))
    assert software_rank("main") == software_rank(None) == ""


@given(st.integers(0, 99_999), st.integers(0, 99_999))
def test_version_numbers_sort_as_numbers(first: int, second: int) -> None:
    assert (version_rank(f"v{first}") < version_rank(f"v{second}")) == (first < second)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("l3a-vis-ch4-mfa-v3e", ("l3a", "vis", "ch4", "mfa", "v3e")),
        ("l3a-ime-co2-mfal-v3", ("l3a", "ime", "co2", "mfal", "v3")),
        ("l3a-ch4-mf-v1", ("l3a", None, "ch4", "mf", "v1")),
        ("l2b-rgb-v3a", ("l2b", "rgb", None, None, "v3a")),
        ("l4a-combined-ch4-quick-v3a", ("l4a", None, "ch4", None, "v3a")),
        ("l3a-vis-ch4-mf-v002", ("l3a", "vis", "ch4", "mf", "v002")),
        ("l4a-ch4-mf-jpl", ("l4a", None, "ch4", "mf", "jpl")),
        ("l3a-vis-n2o-xyz-v9", ("l3a", "vis", None, None, "v9")),
        ("l3c-attribution", ("l3c", None, None, None, None)),
        ("l3a-vis-ch4-mfa-v3.1_rc", ("l3a", "vis", "ch4", "mfa", None)),
    ],
)
def test_a_collection_says_level_kind_gas_filter_and_version(name: str, expected: tuple[str | None, ...]) -> None:
    found = ProductCollection.parse(name)
    assert found
    assert (found.level, found.kind, found.gas, found.filter, found.version) == expected


@pytest.mark.parametrize("name", ["", "icesat2-atl08-007", "l3a", "l3a-", "earthcare-msi-cop-2a", "l9z-x"])
def test_what_is_no_collection_of_theirs_is_none(name: str) -> None:
    assert ProductCollection.parse(name) is None


@pytest.mark.parametrize("origin", [GATEWAY, CDN])
@pytest.mark.parametrize("query", ["", f"?c={CHECKSUM}&Expires=1&Signature=secret&Key-Pair-Id=id", "#fragment"])
def test_both_hosts_and_any_signature_lead_to_the_permanent_address(origin: str, query: str) -> None:
    url = AssetUrl.parse(f"{origin}{PATH}plume.tif{query}")
    assert url
    assert url.href == f"{GATEWAY}{PATH}plume.tif"
    assert (url.item, url.key) == ("tan20250612t174512c30s4001-A", "plume.tif")
    assert url.checksum == (CHECKSUM if "c=" in query else None)


@given(
    st.sampled_from(["l3a-vis-ch4-mfa-v3", "l3a-ime-co2-mfal-v3e", "l2b-ch4-mfa-v3c", "l3a-ch4-mf-v1"]),
    st.dates().map(lambda day: f"{day:%Y%m%d}".rjust(8, "0")),
    st.from_regex(r"[a-z0-9]{1,6}(-[A-Z]{1,2})?", fullmatch=True),
    st.from_regex(r"[a-z0-9-]{1,20}\.(tif|png|geojson|txt)", fullmatch=True),
)
def test_an_address_written_back_is_the_same(collection: str, day: str, suffix: str, key: str) -> None:
    item = f"tan{day}t{suffix}"
    href = f"{GATEWAY}{collection}/{day[:4]}/{day[4:6]}/{day[6:]}/{item}/{item}_{collection}_{key}"
    url = AssetUrl.parse(href)
    assert url
    assert url.href == href
    assert AssetUrl.parse(url.href) == url


@pytest.mark.parametrize(
    "url",
    [
        f"https://example.org/{PATH}plume.tif",
        f"https://catalog.carbonmapper.org.example.org/{PATH}plume.tif",
        f"{CDN}{PATH.replace('2025/06/12', '2025/06/13')}plume.tif",
        f"{CDN}{PATH}",
        f"{CDN}extra/{PATH}plume.tif",
        f"{CDN}{PATH.replace('_l3a', '_l3b')}plume.tif",
        f"{CDN}{PATH.replace('l3a-vis-ch4-mfa-v3', 'pictures')}plume.tif",
        "plume.tif",
        "",
    ],
)
def test_addresses_that_break_the_rule_are_foreign(url: str) -> None:
    assert AssetUrl.parse(url) is None


@pytest.mark.parametrize("checksum", ["", "1114", CHECKSUM[:-1], CHECKSUM.upper(), f"1220{'0' * 64}"])
def test_a_checksum_that_is_no_sha1_multihash_is_left_out(checksum: str) -> None:
    url = AssetUrl.parse(f"{CDN}{PATH}plume.tif?c={checksum}")
    assert url
    assert url.checksum is None
