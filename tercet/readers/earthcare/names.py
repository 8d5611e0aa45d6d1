"""What arrays are called: by the last part of their path, as netCDF-4 has it.

HDF5 keeps a dimension as an array of its name. A variable that is called as a dimension of its group, and has others,
too, such as ``height(along_track, height)``, therefore lies under another name: netCDF-4 puts ``_nc4_non_coord_``
before it, and takes it away when it reads.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from tercet.readers.hdf5 import Array

_MOVED: Final = "_nc4_non_coord_"


def name_of(array: Array) -> str:
    """The name of a variable."""
    return array.path.rpartition("/")[2].removeprefix(_MOVED)


def paths_of(name: str, groups: Iterable[str]) -> Iterator[str]:
    """Where a variable may lie: in the first group before the others."""
    for group in groups:
        yield f"{group}/{name}"
        yield f"{group}/{_MOVED}{name}"
