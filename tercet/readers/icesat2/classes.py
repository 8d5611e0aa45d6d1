"""ATL08's photons for ATL03: read only where the segments are wanted."""

from collections.abc import Mapping, Sequence
from typing import Final

from tercet.errors import ReaderError
from tercet.readers.hdf5 import Wanted
from tercet.readers.icesat2.granule import Granule
from tercet.readers.icesat2.layout import BEAM
from tercet.readers.icesat2.photons import Classified
from tercet.readers.icesat2.structure import Rows

_ROOT: Final = f"{BEAM}/signal_photons"
_FIELDS: Final = ("ph_segment_id", "classed_pc_indx", "classed_pc_flag", "ph_h", "delta_time")


def classified(photons: Granule, rows: Rows, beams: Sequence[str], classes: Granule) -> Mapping[str, Classified]:
    """What ATL08 says of the photons of beams.

    Args:
        photons: the ATL03 granule.
        rows: that are read from it.
        beams: names of groups.
        classes: the ATL08 granule.

    Raises:
        ReaderError: one of them is of another product, or they are of different tracks.
    """
    _check(photons, rows, classes)
    held = [beam for beam in beams if f"{beam}/signal_photons/{_FIELDS[0]}" in classes.file.arrays()]
    wanted = [Wanted(f"{beam}/signal_photons/{name}") for beam in held for name in _FIELDS]
    read = classes.file.read(wanted) if wanted else []
    of_beams = [read[start : start + len(_FIELDS)] for start in range(0, len(read), len(_FIELDS))]
    return {beam: Classified(*arrays) for beam, arrays in zip(held, of_beams, strict=True)}


def _check(photons: Granule, rows: Rows, classes: Granule) -> None:
    if rows.root != f"{BEAM}/heights":
        held = photons.structure.product or "this product"
        raise ReaderError(
            f"{photons.name}: classes are given to photons of ATL03, not to rows of {held}; ask for h_ph, or leave "
            "classes out"
        )
    classes.look([f"signal_photons/{_FIELDS[0]}"])
    if _ROOT not in classes.structure.rows:
        held = f"{classes.name} is {classes.structure.product or 'another product'}"
        raise ReaderError(f"{held} and holds no signal_photons: classes come from the ATL08 granule of the same track")
    ours, theirs = ((one.rgt, one.cycle) for one in (photons.facts, classes.facts))
    if any(one is not None and other is not None and one != other for one, other in zip(ours, theirs, strict=True)):
        said = " and ".join(
            f"{name} is of track {rgt} in cycle {cycle}"
            for name, (rgt, cycle) in ((photons.name, ours), (classes.name, theirs))
        )
        raise ReaderError(f"{said}: classes come from the ATL08 granule of the same track and cycle")
