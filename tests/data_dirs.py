"""Folders for embedded databases that tests make."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stac_api.database.embedded import embedded_cluster
from tercet.settings import Settings


@contextmanager
def temporary_data_dir() -> Iterator[Path]:
    """Make a data folder with a name that needs care; pytest's own are closed to the account that root hands it to."""
    folder = Path(tempfile.mkdtemp(prefix="tercet's tést ")).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        embedded_cluster(Settings(data_dir=folder)).destroy()
        shutil.rmtree(folder)
