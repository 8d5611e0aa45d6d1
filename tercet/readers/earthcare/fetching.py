"""One trip for all that is fetched together; what is needed again is kept: header, times and places."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from tercet.readers.earthcare.header import HEADER_PATHS
from tercet.readers.hdf5 import Hdf5, Wanted


class Fetching:
    """Arrays of a file as stored.

    Attributes:
        file: where they are read from.
        soon: paths of what will be read when it is known which part.
    """

    def __init__(self, file: Hdf5) -> None:
        self.file = file
        self.soon: Sequence[str] = ()
        self._kept: dict[str, NDArray[Any]] = {}
        self._lines: dict[str, tuple[int, NDArray[Any]]] = {}

    def kept(self, paths: Sequence[str]) -> list[NDArray[Any]]:
        """Whole arrays, read once; the header comes along with the first."""
        new = [path for path in dict.fromkeys([*paths, *self._header()]) if path not in self._kept]
        if not all(path in self._kept for path in paths):
            self._kept.update(zip(new, self.file.read([Wanted(path) for path in new], self.soon), strict=True))
        return [self._kept[path] for path in paths]

    def has(self, path: str) -> bool:
        """Whether an array is here already."""
        return path in self._kept

    def lines(self, paths: Sequence[str], part: slice) -> list[NDArray[Any]]:
        """Some lines of arrays, the first dimension; the last that were read are kept."""
        read = self.file.read([Wanted(path, (part,)) for path in paths], self.soon)
        self._lines = {path: (part.start, values) for path, values in zip(paths, read, strict=True)}
        return read

    def read(self, parts: Sequence[Wanted]) -> list[NDArray[Any]]:
        """Parts of arrays; what is here already is cut out of that, and the header comes along with the first trip."""
        new = list({part.path: part for part in parts if self._here(part) is None}.values())
        header = [Wanted(path) for path in self._header()]
        read = self.file.read([*new, *header]) if new or header else []
        self._kept.update({part.path: values for part, values in zip(header, read[len(new) :], strict=True)})
        found = {part.path: values for part, values in zip(new, read, strict=False)}
        here = [found.get(part.path) for part in parts]
        return [self._cut(part) if values is None else values for part, values in zip(parts, here, strict=True)]

    def _header(self) -> list[str]:
        arrays = self.file.arrays()
        return [path for path in HEADER_PATHS if path not in self._kept and path in arrays]

    def _here(self, part: Wanted) -> Wanted | None:
        """The part as one of what is here already; None where it is to be read."""
        if part.path in self._kept:
            return part
        if part.path not in self._lines or not part.slices:
            return None
        first, values = self._lines[part.path]
        start, stop, _ = part.slices[0].indices(first + len(values))
        # an open end means all of the array, which is more than some lines
        if part.slices[0].stop is None or part.slices[0].stop > first + len(values) or start < first:
            return None
        return Wanted(part.path, (slice(start - first, max(stop, start) - first), *part.slices[1:]))

    def _cut(self, part: Wanted) -> NDArray[Any]:
        here = self._here(part)
        assert here is not None  # noqa: S101 - what is not here was read
        values = self._kept[part.path] if part.path in self._kept else self._lines[part.path][1]
        return values[here.slices]
