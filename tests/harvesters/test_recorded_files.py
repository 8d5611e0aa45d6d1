"""The files that a path means, and what they are packed in."""

import gzip
import os
from pathlib import Path

import pytest

from harvesters.recorded_files import body_of, files_in, has_headers, opened
from tercet.errors import ConfigError


def test_a_folder_means_all_files_below_it_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b/1", "a/2", "a/1", "c", ".git/config", "a/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    assert files_in(str(tmp_path)) == [tmp_path / name for name in ("a/1", "a/2", "b/1", "c")]


def test_a_minus_is_standard_input() -> None:
    assert files_in("-") == [None]


def test_a_named_pipe_is_a_file_when_it_is_named_and_none_in_a_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert files_in(str(tmp_path / "pipe")) == [tmp_path / "pipe"]
    with pytest.raises(ConfigError, match="holds no files"):
        files_in(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing", "there is no such file or folder"),
        ("empty", "the folder holds no files"),
        ("file/below", "cannot be opened: Not a directory"),
        ("x" * 300, "cannot be opened: File name too long"),
    ],
    ids=["missing", "empty", "below-a-file", "too-long"],
)
def test_a_path_without_files_is_refused_by_its_name(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=f"--records {tmp_path / name}: .*{said}"):
        files_in(str(tmp_path / name))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_closed_folder_below_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="closed cannot be opened: Permission denied"):
        files_in(str(tmp_path))


def test_a_closed_folder_is_refused_whoever_we_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(ConfigError, match=f"--records {tmp_path}: {tmp_path} cannot be opened: Permission denied"):
        files_in(str(tmp_path))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_bytes_come_out_of_what_they_are_packed_in(tmp_path: Path, pack: "type[bytes]", mark: bytes) -> None:
    (tmp_path / "x").write_bytes(pack(mark + b"{}\n"))
    with opened(tmp_path / "x") as stream:
        assert stream.read() == b"{}\n"


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/2 200\r\ncontent-type: application/json\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx: y\r\n\r\n",
        b"HTTP/1.1 301 Moved\nlocation: /x\n\nHTTP/1.1 200 OK\n\n",
        b"GET /search?a=b HTTP/1.1\nhost: example.org\n\nHTTP/1.1 200 OK\nx: y\n\n",
        b'POST /search\ncontent-type: application/json\n\n{"limit": 1}\n\nHTTP/1.1 200 OK\n\n',
    ],
    ids=["curl", "continue", "redirect", "request", "request-with-body"],
)
def test_a_body_begins_behind_the_last_headers(head: bytes) -> None:
    assert has_headers(head.split(b"\n")[0])
    assert body_of(head + b'{"a":\n1}\n') == b'{"a":\n1}\n'


@pytest.mark.parametrize("line", [b"{}", b"plume_id,gas", b"HTTP is a protocol", b"get /x"])
def test_what_is_no_head_is_not_taken_for_one(line: bytes) -> None:
    assert not has_headers(line)
