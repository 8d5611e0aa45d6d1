"""Parts of files that are kept: the same bytes with fewer requests, never another version, never more than allowed."""

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from stac_api import gateway_blocks, gateway_cache
from stac_api.gateway_blocks import BLOCK, Blocks
from tercet.settings import Settings
from tests.stac_api.gated import CARBON_MAPPER, ITEM, TIFF, Providers, Stored, api, store_catalog, store_gated
from tests.stac_api.served import PLUMES, shared_database

pytestmark = pytest.mark.database

AT = f"/assets/{PLUMES}/{ITEM}/data"
CONTENT = random.Random(0).randbytes(3 * BLOCK + 12_345)
LIMIT = 1 << 24


@dataclass
class Cached:
    client: httpx2.Client
    fakes: Providers
    folder: Path

    def store(self, stored: Stored) -> Stored:
        """Put a file behind the provider's login."""
        self.fakes.plumes.stored["x.tif"] = stored
        return stored


@pytest.fixture(scope="module")
def shared(embedded: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cached]:
    fakes, folder = Providers(), tmp_path_factory.mktemp("cache")
    changes = {"gateway_cache": folder, "gateway_cache_bytes": LIMIT}
    with shared_database(embedded) as (settings, database), fakes.serving(settings, **changes) as changed:
        store_catalog(database)
        files = {"data": "x.tif", "fresh": "fresh.tif"}
        store_gated(database, {key: {"href": CARBON_MAPPER + name, "type": TIFF} for key, name in files.items()})
        with api(changed, database) as client:
            yield Cached(client, fakes, folder)


@pytest.fixture
def cached(shared: Cached, monkeypatch: pytest.MonkeyPatch) -> Cached:
    """Give a gateway that asks its provider about a file's version each time."""
    monkeypatch.setattr(gateway_cache, "_FRESH_S", -1.0)
    return shared


@pytest.mark.parametrize(
    "span",
    [(0, 10), (BLOCK - 5, BLOCK + 5), (100, 3 * BLOCK), (3 * BLOCK + 12_000, 3 * BLOCK + 12_345), (0, len(CONTENT))],
)
def test_what_is_kept_is_what_the_provider_sent(cached: Cached, span: tuple[int, int]) -> None:
    cached.store(Stored(CONTENT))
    start, stop = span
    for _ in range(2):
        answer = cached.client.get(AT, headers={"Range": f"bytes={start}-{stop - 1}"})
        assert (answer.status_code, answer.content) == (206, CONTENT[start:stop])
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
    assert cached.client.get(AT).content == CONTENT


def test_a_block_is_fetched_once(cached: Cached) -> None:
    stored = cached.store(Stored(CONTENT[::-1]))
    for start in (BLOCK, BLOCK + 1000, 2 * BLOCK - 10):
        assert cached.client.get(AT, headers={"Range": f"bytes={start}-{start + 9}"}).status_code == 206
    assert [asked["range"] for asked in stored.asked if "if-match" in asked] == [f"bytes={BLOCK}-{2 * BLOCK - 1}"]
    assert stored.sent == 2 * BLOCK


def test_a_file_that_is_fresh_costs_no_request_at_all(shared: Cached) -> None:
    stored = shared.fakes.plumes.stored["fresh.tif"] = Stored(CONTENT)
    for start in (0, 10, 1000):
        answer = shared.client.get(AT.replace("data", "fresh"), headers={"Range": f"bytes={start}-{start + 9}"})
        assert answer.content == CONTENT[start : start + 10]
    assert len(stored.asked) == 1


def test_a_new_version_is_never_mixed_with_the_old(cached: Cached) -> None:
    cached.store(Stored(CONTENT))
    assert cached.client.get(AT).content == CONTENT
    cached.store(Stored(bytes(len(CONTENT))))
    assert cached.client.get(AT).content == bytes(len(CONTENT))


def test_conditions_and_head_are_answered_from_what_is_kept(cached: Cached) -> None:
    etag = cached.store(Stored(CONTENT)).etag
    head = cached.client.head(AT)
    assert (head.status_code, head.headers["Content-Length"], head.headers["ETag"]) == (200, str(len(CONTENT)), etag)
    assert cached.client.get(AT, headers={"If-None-Match": etag}).status_code == 304
    assert cached.client.get(AT, headers={"If-Match": '"other"'}).status_code == 412
    whole = cached.client.get(AT, headers={"If-Range": '"other"', "Range": "bytes=0-4"})
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert cached.client.get(AT, headers={"Range": f"bytes={len(CONTENT)}-"}).status_code == 416


@pytest.mark.parametrize(
    "stored",
    [Stored(CONTENT, ranged=False), Stored(endless=7 << 30), Stored(b"")],
    ids=["no ranges", "too large", "empty"],
)
def test_what_cannot_be_kept_passes_by(cached: Cached, stored: Stored) -> None:
    cached.store(stored)
    with cached.client.stream("GET", AT) as answer:
        assert answer.status_code == 200
        assert int(answer.headers["Content-Length"]) == stored.size


def test_who_may_not_see_a_file_any_more_does_not_see_what_is_kept_of_it(cached: Cached) -> None:
    cached.store(Stored(CONTENT))
    assert cached.client.get(AT).status_code == 200
    cached.fakes.plumes.hidden.add("x.tif")
    try:
        assert cached.client.get(AT).status_code == 403
    finally:
        cached.fakes.plumes.hidden.clear()


def test_a_folder_stays_below_its_limit_and_keeps_what_was_used_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_blocks, "_STALE_S", -1.0)
    blocks = Blocks(tmp_path, LIMIT)
    for number in range(40):
        blocks.write("file", number, bytes(BLOCK))
        os.utime(blocks._path("file", number), (number, number)) if blocks._path("file", number).exists() else None
        assert blocks.read("file", 0, 0, 1) == b"\0", "what is used was thrown out"
    size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert LIMIT / 2 < size <= LIMIT


def test_processes_that_share_a_folder_do_not_hurt_each_other(tmp_path: Path) -> None:
    every = [Blocks(tmp_path, LIMIT) for _ in range(4)]

    def work(blocks: Blocks) -> None:
        for number in range(30):
            blocks.write("file", number, bytes([number]) * BLOCK)
            assert blocks.read("file", number, 5, 9) in (None, bytes([number]) * 4)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, every))


def test_a_block_that_is_not_whole_counts_as_missing(tmp_path: Path) -> None:
    blocks = Blocks(tmp_path, LIMIT)
    blocks.write("file", 0, b"short")
    assert blocks.read("file", 0, 0, 10) is None
    assert blocks.read("file", 0, 0, 5) == b"short"


def test_a_folder_that_takes_nothing_is_no_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("no folder")
    Blocks(tmp_path / "file", LIMIT).write("x", 0, b"1")
    assert "takes no more" in caplog.text
