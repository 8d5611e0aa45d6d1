"""HDF5 over HTTP: few requests, and right values or an error whatever happens on the way."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tercet.errors import AuthError, NotServedError, ReaderError, UpstreamError
from tercet.readers.hdf5 import Hdf5, Wanted
from tercet.readers.hdf5.index import MEDIA_TYPE
from tercet.readers.hdf5.indexing import chunk_index, index_of
from tercet.readers.hdf5.opening import open_hdf5
from tercet.readers.hdf5.remote import RemoteHdf5
from tercet.readers.locations import Location
from tercet.readers.remote.ranges import open_ranges
from tercet.settings import Settings
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.server import serve
from tests.upstreams.stored import Stored

NAMES = [f"gt1l/heights/{name}" for name in ("delta_time", "h_ph", "lat_ph", "lon_ph", "noise", "quality_ph")]
ROWS = 120_000
SMALL = 4000


def write(path: Path, rows: int) -> bytes:
    random = np.random.default_rng(5)
    with h5py.File(path, "w", libver=("v108", "v108")) as file:
        for beam in ("gt1l", "gt2l"):
            arrays = [
                file.create_dataset(
                    name.replace("gt1l", beam), (rows,), "f8", chunks=(10_000,), maxshape=(None,), compression=1
                )
                for name in NAMES
            ]
            for array in arrays:
                array.attrs["units"] = "m"
                array[...] = random.random(rows)
    return path.read_bytes()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A granule of 11 MB: more than is taken whole."""
    return write(tmp_path_factory.mktemp("large") / "large.h5", ROWS)


@pytest.fixture
def small(tmp_path: Path) -> bytes:
    return write(tmp_path / "small.h5", SMALL)


@contextmanager
def served(stored: Stored, faults: Faults | None = None) -> Iterator[str]:
    app = Starlette(routes=[Route("/{name}", stored.answer)])
    with serve(faulty(app, faults or Faults())) as root:
        yield f"{root}/granule.h5"


@contextmanager
def opened(location: Location) -> Iterator[Hdf5]:
    file = open_hdf5(location, Settings())
    try:
        yield file
    finally:
        file.close()


def oracle(content: bytes, names: list[str], part: slice = slice(None)) -> list[Any]:
    import io  # noqa: PLC0415 - only here

    with h5py.File(io.BytesIO(content)) as file:
        return [file[name][part] for name in names]


def read(location: Location, names: list[str], part: slice = slice(None)) -> list[Any]:
    with opened(location) as file:
        return file.read([Wanted(name, (part,)) for name in names])


def equal(one: list[Any], other: list[Any]) -> bool:
    return all(np.array_equal(here, there) for here, there in zip(one, other, strict=True))


def test_a_small_file_is_taken_with_one_request_also_where_nobody_said_its_size(small: bytes) -> None:
    for asset in ({}, {"file:size": len(small)}):
        stored = Stored(small)
        with served(stored) as url, opened(Location(url, asset=asset)) as file:
            assert equal(file.read([Wanted(name) for name in NAMES]), oracle(small, NAMES))
            assert len(file.arrays()) == 2 * len(NAMES)
        assert len(stored.asked) == 1
        assert stored.sent == len(small)


def test_a_whole_beam_of_a_large_file_takes_few_requests_and_hardly_more_than_its_bytes(large: bytes) -> None:
    stored = Stored(large)
    with served(stored) as url:
        assert equal(read(Location(url, asset={"file:size": len(large)}), NAMES), oracle(large, NAMES))
    assert len(stored.asked) <= 20
    assert stored.sent < 0.6 * len(large)


def test_of_a_large_file_of_unknown_size_only_the_head_is_taken(large: bytes) -> None:
    with served(Stored(large)) as url, open_ranges(url, settings=Settings(), first=100_000) as file:
        assert file.size == len(large)
        assert file.head == large[: len(file.head)]
        assert 100_000 <= file.received < 1_000_000
        assert file.read([(5_000_000, 5_000_100)]) == [large[5_000_000:5_000_100]]


def test_with_an_index_no_request_is_made_but_for_values(large: bytes, tmp_path: Path) -> None:
    granule, index = tmp_path / "granule.h5", tmp_path / "granule.index"
    granule.write_bytes(large)
    index.write_bytes(chunk_index(granule))
    item = {"assets": {"index": {"href": str(index), "type": MEDIA_TYPE, "roles": ["index"]}}}
    stored = Stored(large)
    part = slice(55_000, 56_000)
    with served(stored) as url:
        location = Location(url, item=item, asset={"file:size": len(large)})
        with opened(location) as file:
            assert file.arrays()[NAMES[0]].attributes["units"] == "m"
            assert stored.asked == []
            assert equal(file.read([Wanted(name, (part,)) for name in NAMES]), oracle(large, NAMES, part))
    assert len(stored.asked) == len(NAMES)
    assert stored.sent < 90_000 * len(NAMES)


def test_an_index_of_another_version_of_the_file_is_an_error_not_garbage(large: bytes, tmp_path: Path) -> None:
    granule, index = tmp_path / "granule.h5", tmp_path / "granule.index"
    granule.write_bytes(large)
    index.write_bytes(chunk_index(granule))
    item = {"assets": {"index": {"href": str(index), "type": MEDIA_TYPE}}}
    with (
        served(Stored(large + b"more")) as url,
        pytest.raises(ReaderError, match="was replaced"),
    ):
        read(Location(url, item=item, asset={"file:size": len(large)}), NAMES)


def test_an_index_that_is_broken_is_done_without(large: bytes, tmp_path: Path) -> None:
    index = tmp_path / "granule.index"
    index.write_bytes(b"no index")
    item = {"assets": {"index": {"href": str(index), "type": MEDIA_TYPE}}}
    with served(Stored(large)) as url:
        assert equal(read(Location(url, item=item), NAMES[:1]), oracle(large, NAMES[:1]))


def test_an_index_is_made_from_afar_as_from_here(large: bytes, tmp_path: Path) -> None:
    (tmp_path / "granule.h5").write_bytes(large)
    with served(Stored(large)) as url:
        assert index_of(Location(url), Settings()) == index_of(Location(str(tmp_path / "granule.h5")), Settings())


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_fails_for_a_while_is_asked_again(small: bytes, status: int) -> None:
    faults = Faults(retry_after="0", throttled=2) if status == 429 else Faults(failing=2, failing_with=status)
    with served(Stored(small), faults) as url:
        assert equal(read(Location(url), NAMES), oracle(small, NAMES))
    assert faults.requests == 3


def test_an_answer_that_breaks_off_is_gone_on_with_where_it_broke(large: bytes) -> None:
    stored = Stored(large)
    with served(stored) as url, opened(Location(url, asset={"file:size": len(large)})) as file:
        file.arrays()[NAMES[0]]
        before = stored.sent
        stored.cut_after = 200_000
        assert equal(file.read([Wanted(name) for name in NAMES]), oracle(large, NAMES))
        stored.cut_after = 100_000
        assert equal(file.read([Wanted(NAMES[2])]), oracle(large, NAMES[2:3]))
    assert stored.sent - before < 0.7 * len(large)  # what came before it broke, is not fetched again


def test_a_file_that_is_replaced_while_it_is_read_is_an_error_not_garbage(large: bytes) -> None:
    stored = Stored(large)
    with served(stored) as url, opened(Location(url, asset={"file:size": len(large)})) as file:
        file.read([Wanted(NAMES[0], (slice(0, 10),))])
        stored.content = large[:-1] + b"!"  # as long as before
        with pytest.raises(ReaderError, match="was replaced while it was read"):
            file.read([Wanted(name) for name in NAMES])


@pytest.mark.parametrize("is_size_known", [True, False])
def test_where_a_server_knows_no_ranges_the_file_is_taken_whole(large: bytes, *, is_size_known: bool) -> None:
    stored = Stored(large, ranged=False)
    asset = {"file:size": len(large)} if is_size_known else {}
    with served(stored) as url, opened(Location(url, asset=asset)) as file:
        asked = len(stored.asked)
        assert equal(file.read([Wanted(name) for name in NAMES]), oracle(large, NAMES))
        assert len(stored.asked) == asked


def test_where_a_server_knows_no_ranges_an_index_does_no_harm(large: bytes, tmp_path: Path) -> None:
    (tmp_path / "granule.h5").write_bytes(large)
    (tmp_path / "granule.index").write_bytes(chunk_index(tmp_path / "granule.h5"))
    item = {"assets": {"index": {"href": str(tmp_path / "granule.index"), "type": MEDIA_TYPE}}}
    with served(Stored(large, ranged=False)) as url:
        assert equal(read(Location(url, item=item), NAMES[:2]), oracle(large, NAMES[:2]))


def test_a_server_that_sends_less_than_is_asked_for_is_asked_for_the_rest(large: bytes) -> None:
    def some(request: Request) -> Response:
        first, last = (int(one) for one in request.headers["Range"].removeprefix("bytes=").split("-"))
        part = large[first : min(last + 1, first + 100_000)]
        return Response(part, 206, {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(large)}"})

    with answering(some) as url, open_ranges(url, settings=Settings(), size=len(large)) as file:
        assert file.read([(1_000_000, 3_000_000)]) == [large[1_000_000:3_000_000]]


@pytest.mark.parametrize("headers", [{"ETag": 'W/"1"'}, {"Last-Modified": "Wed, 05 Mar 2025 12:00:00 GMT"}, {}])
def test_a_version_that_is_said_in_other_words_is_the_same(small: bytes, headers: dict[str, str]) -> None:
    def answer(request: Request) -> Response:
        first, last = (int(one) for one in request.headers["Range"].removeprefix("bytes=").split("-"))
        said = headers if first else {"ETag": '"1"'}
        return Response(small[first : last + 1], 206, {"Content-Range": f"bytes {first}-{last}/{len(small)}", **said})

    with answering(answer) as url, open_ranges(url, settings=Settings(), size=len(small), whole=0, first=9) as file:
        assert file.read([(100_000, 100_009)]) == [small[100_000:100_009]]


def test_a_file_that_is_packed_on_its_way_is_said() -> None:
    with (
        answering(lambda _: Response(b"\x1f\x8b", headers={"Content-Encoding": "gzip"})) as url,
        pytest.raises(ReaderError, match=r"granule\.h5: its server sends it compressed \(gzip\)"),
    ):
        open_hdf5(Location(url), Settings())


def test_where_a_server_knows_no_ranges_and_says_no_size_the_advice_is_to_download(small: bytes) -> None:
    with (
        served(Stored(small, ranged=False, sized=False)) as url,
        pytest.raises(ReaderError, match="download it, and open it from disk"),
    ):
        read(Location(url), NAMES)


def test_a_file_that_is_cut_off_on_the_server_names_the_byte(large: bytes) -> None:
    short = large[: len(large) // 2]
    with (
        served(Stored(short)) as url,
        pytest.raises(ReaderError, match=rf"granule\.h5 is cut off at byte {len(short)}"),
    ):
        read(Location(url), NAMES)


def test_an_error_page_in_place_of_a_file_is_said(small: bytes) -> None:
    page = Stored(b"<!DOCTYPE html><html>log in</html>", media_type="binary/octet-stream")
    with served(page) as url, pytest.raises(ReaderError, match="perhaps a login"):
        read(Location(url), NAMES)
    assert small


@contextmanager
def answering(answer: Callable[[Request], Response]) -> Iterator[str]:
    async def route(request: Request) -> Response:
        return answer(request)

    with serve(Starlette(routes=[Route("/{name}", route)])) as root:
        yield f"{root}/granule.h5?token=secret"


@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthError), (403, AuthError), (404, NotServedError), (400, UpstreamError)]
)
def test_refusals_are_errors_of_their_kind_that_show_no_query(status: int, error: type[Exception]) -> None:
    with answering(lambda _: Response("no", status)) as url, pytest.raises(error) as refusal:
        open_hdf5(Location(url), Settings())
    assert "secret" not in str(refusal.value)
    assert "granule.h5" in str(refusal.value)


def test_where_a_redirect_leads_is_asked_at_once_until_its_signature_ends(large: bytes) -> None:
    stored, redirected, good_for = Stored(large), [], 12

    async def sign(_: Request) -> Response:
        redirected.append(1)
        return RedirectResponse(f"{storage}?X-Amz-Signature={len(redirected)}", 303)

    async def answer(request: Request) -> Response:
        late = len(stored.asked) >= good_for and request.query_params["X-Amz-Signature"] == "1"
        return Response("expired", 403) if late else await stored.answer(request)

    with (
        serve(Starlette(routes=[Route("/{name}", answer)])) as root,
        serve(Starlette(routes=[Route("/{name}", sign)])) as gate,
    ):
        storage = f"{root}/x.h5"
        with opened(Location(f"{gate}/granule.h5", asset={"file:size": len(large)})) as file:
            for name in NAMES:
                assert equal(file.read([Wanted(name)]), oracle(large, [name]))
    # eight requests of the first round may each be redirected, and so may those that a signature ended for
    assert 2 <= len(redirected) < len(stored.asked)


def test_nearby_ranges_are_joined_and_far_ones_asked_for_in_parallel() -> None:
    content = bytes(range(256)) * 80_000
    stored, faults = Stored(content), Faults(delay_s=0.05)
    with served(stored, faults) as url, open_ranges(url, settings=Settings(), size=len(content)) as file:
        asked = len(stored.asked)
        spans = [(at, at + 100) for at in (1_000_000, 1_010_000, 1_030_000, 9_000_000, 15_000_000)]
        assert file.read(spans) == [content[start:stop] for start, stop in spans]
        assert len(stored.asked) == asked + 3
        assert faults.most_at_once >= 3


def test_ranges_behind_the_end_are_refused_and_so_is_reading_what_is_closed(small: bytes) -> None:
    with served(Stored(small)) as url:
        file = open_ranges(url, settings=Settings())
        with pytest.raises(ReaderError, match=f"cut off at byte {len(small)}"):
            file.read([(0, len(small) + 1)])
        file.close()
        file.close()
        with pytest.raises(ReaderError, match="is closed"):
            file.read([(0, 1)])


def test_what_nobody_reads_ranges_from_is_refused() -> None:
    with pytest.raises(ReaderError, match="https, http and s3"):
        open_ranges("ftp://example.com/x.h5", settings=Settings())


def test_threads_share_a_file_and_files_share_connections(large: bytes) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only here

    with served(Stored(large)) as url, opened(Location(url)) as file, ThreadPoolExecutor(4) as threads:
        assert isinstance(file, RemoteHdf5)
        found = list(threads.map(lambda name: file.read([Wanted(name)]), NAMES))
        again = list(threads.map(lambda name: read(Location(url), [name], slice(0, 10)), NAMES))
    for name, one, part in zip(NAMES, found, again, strict=True):
        assert equal(one, oracle(large, [name]))
        assert equal(part, oracle(large, [name], slice(0, 10)))


def test_files_that_are_read_one_after_the_other_share_a_connection(small: bytes) -> None:
    ports = set()

    def answer(request: Request) -> Response:
        ports.add(request.client and request.client.port)
        return Response(small)

    with answering(answer) as url:
        for _ in range(3):
            with open_ranges(url, settings=Settings()) as file:
                assert file.head == small
    assert len(ports) == 1


def test_a_name_is_looked_up_without_fetching_the_structure_of_the_rest(large: bytes) -> None:
    stored = Stored(large)
    with served(stored) as url, opened(Location(url, asset={"file:size": len(large)})) as file:
        array = file.arrays()[NAMES[0]]
        assert (array.shape, array.attributes["units"]) == ((ROWS,), "m")
        assert "gt3r/heights/h_ph" not in file.arrays()
        before = len(stored.asked)
        assert [file.arrays()[name].dtype for name in NAMES] == [np.dtype("f8")] * len(NAMES)
        assert len(stored.asked) == before
    assert json.dumps(stored.asked).count("bytes=") == len(stored.asked)


def test_what_is_read_next_then_needs_no_request_but_for_its_values(large: bytes) -> None:
    stored = Stored(large)
    part, others = slice(55_000, 56_000), [name.replace("gt1l", "gt2l") for name in NAMES[::2]]
    with served(stored) as url, opened(Location(url, asset={"file:size": len(large)})) as file:
        file.read([Wanted(NAMES[0], (part,))], soon=[*others, "gt1l/heights/is_not_there"])
        before = len(stored.asked)
        assert equal(file.read([Wanted(name, (part,)) for name in others]), oracle(large, others, part))
    assert len(stored.asked) <= before + 3


def test_with_an_index_connections_for_what_is_read_next_are_made_with_the_first_request(
    large: bytes, tmp_path: Path
) -> None:
    granule, index = tmp_path / "granule.h5", tmp_path / "granule.index"
    granule.write_bytes(large)
    index.write_bytes(chunk_index(granule))
    stored = Stored(large)
    with served(stored) as url:
        item = {"assets": {"index": {"href": str(index), "type": MEDIA_TYPE}}}
        with opened(Location(url, item=item, asset={"file:size": len(large)})) as file:
            file.read([Wanted(NAMES[0], (slice(0, 10),))], soon=NAMES[1:])
            assert len(stored.asked) == len(NAMES) - 1
            assert stored.sent < 100_000
            assert equal(file.read([Wanted(name) for name in NAMES]), oracle(large, NAMES))


def test_a_name_that_is_not_there_is_no_reason_to_fetch_the_structure_of_the_rest(large: bytes) -> None:
    stored = Stored(large)
    with served(stored) as url, opened(Location(url, asset={"file:size": len(large)})) as file:
        before = len(stored.asked)
        there = file.look(["METADATA/DatasetIdentification", "gt1l", "gt3r", NAMES[0], "gt1l/heights/x"])
        assert there == {"gt1l", NAMES[0]}
        assert len(stored.asked) == before


@contextmanager
def bucket(stored: Stored, monkeypatch: pytest.MonkeyPatch, **keys: str) -> Iterator[str]:
    with serve(Starlette(routes=[Route("/archive/{path:path}", stored.answer)])) as root:
        for name, value in {"AWS_ENDPOINT_URL": root, **keys}.items():
            monkeypatch.setenv(name, value)
        yield "s3://archive/ATL03/granule.h5"


def test_a_file_in_a_bucket_is_read_as_one_behind_http(large: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = Stored(large)
    keys = {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "for an hour"}
    with bucket(stored, monkeypatch, **keys) as url:
        assert equal(read(Location(url, asset={"file:size": len(large)}), NAMES), oracle(large, NAMES))
    assert len(stored.asked) <= 20
    assert all("Credential=me/" in asked["authorization"] for asked in stored.asked)
    assert "secret" not in json.dumps(stored.asked)


def test_a_file_in_a_bucket_that_is_replaced_is_an_error(large: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = Stored(large)
    with bucket(stored, monkeypatch) as url, opened(Location(url, asset={"file:size": len(large)})) as file:
        assert not any("authorization" in asked for asked in stored.asked)  # without keys as anybody
        stored.content = large[:-1] + b"!"
        with pytest.raises(ReaderError, match="was replaced"):
            file.read([Wanted(name) for name in NAMES])


@pytest.mark.parametrize(("status", "error"), [(403, AuthError), (404, NotServedError)])
def test_what_a_bucket_refuses_is_an_error_of_its_kind(
    status: int, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering_bucket(status) as root:
        monkeypatch.setenv("AWS_ENDPOINT_URL", root)
        with pytest.raises(error, match=r"s3://archive/granule\.h5"):
            open_hdf5(Location("s3://archive/granule.h5"), Settings())


@contextmanager
def answering_bucket(status: int) -> Iterator[str]:
    async def route(_: Request) -> Response:
        return Response("<Error/>", status, media_type="application/xml")

    with serve(Starlette(routes=[Route("/{path:path}", route)])) as root:
        yield root
