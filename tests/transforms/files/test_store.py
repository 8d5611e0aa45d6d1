"""Where made files go."""

from pathlib import Path

import pytest

from tercet.errors import SinkError
from transforms.files.store import FileStore


def test_what_a_store_refuses_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = FileStore(str(tmp_path))
    with pytest.raises(SinkError, match=r"file/below cannot be read \(.+\): check the address [^\n]+\Z"):
        store.read("file/below")
    with pytest.raises(SinkError, match=r"file/below could not be written \([^\n]+\): is there room[^\n]+\Z"):
        store.put(tmp_path / "file", "file/below")
