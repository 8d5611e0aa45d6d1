"""Names of the dimension scales of a file on this machine."""

import h5py
import numpy as np
from h5py import h5a, h5d, h5l, h5o, h5r

from tercet.readers.hdf5.attributes import text
from tercet.readers.hdf5.local_attributes import LocalAttributes
from tercet.readers.hdf5.selection import enclosing

_Place = tuple[int, int]
"""File and address of an object."""


class Scales:
    """Finds the names by which scales are reached: a reference tells only where one lies."""

    def __init__(self, file: h5py.h5f.FileID, name: str) -> None:
        self._file = file
        self.name = name
        self._places: dict[str, dict[_Place, str]] = {}

    def names(self, dataset: h5d.DatasetID, path: str, rank: int) -> tuple[str, ...]:
        """The last part of the name of each dimension's first scale; "" where it has none."""
        if not h5a.exists(dataset, b"DIMENSION_LIST"):
            return ("",) * rank
        attribute = h5a.open(dataset, b"DIMENSION_LIST")
        scales = np.empty(attribute.shape, dtype=attribute.dtype)
        attribute.read(scales)
        return tuple(self._scale(of_one[0], dataset, path) if len(of_one) else "" for of_one in scales)

    def _scale(self, reference: h5r.Reference, dataset: h5d.DatasetID, path: str) -> str:
        try:
            target = h5r.dereference(reference, dataset)
            place = _place(h5o.get_info(target))
        except (ValueError, OSError, KeyError):  # a subsetter left the scale out, and the reference in
            return ""
        said = LocalAttributes(target, self.name).stored("NAME")
        likely = text(said.reshape(-1)[0]).rpartition("/")[2] if said is not None and said.size else ""
        # HDF5 itself would search the whole file for the name; scales lie beside their arrays, or above
        for group in enclosing(path):
            if likely and self._is_at(group, likely, place):
                return likely
            if place in self._members_of(group):
                return self._members_of(group)[place]
        return ""

    def _is_at(self, group: str, name: str, place: _Place) -> bool:
        owner = h5o.open(self._file, group.encode() or b"/")
        return name.encode() in owner and _place(h5o.get_info(owner, name.encode())) == place

    def _members_of(self, group: str) -> dict[_Place, str]:
        if group not in self._places:
            owner = h5o.open(self._file, group.encode() or b"/")
            names = [name for name in owner if owner.links.get_info(name).type == h5l.TYPE_HARD]
            self._places[group] = {_place(h5o.get_info(owner, name)): name.decode() for name in names}
        return self._places[group]


def _place(entry: h5o.ObjInfo) -> _Place:
    return entry.fileno, entry.addr
