"""Where made files go."""

from pathlib import Path

import pytest

from tercet.errors import SinkError
from transforms.files.store import FileStore


def test_what_a_store_refuses_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(SinkError, match=r"folder cannot be read \(.+\): check the address") as raised:
        FileStore(str(tmp_path)).read("folder")
    assert "\n" not in str(raised.value)
