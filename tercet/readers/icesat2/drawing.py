"""Which picture a granule gets: by its product, of the beam and stretch that show most."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tercet.errors import ReaderError
from tercet.readers.icesat2 import plot as pictures
from tercet.readers.icesat2.granule import Granule
from tercet.readers.icesat2.layout import BEAM

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

Read = Callable[..., "xarray.Dataset"]
"""`Icesat2Reader.dataset`."""

_MANY: Final = 300_000
"""Photons. More of them show nothing more in one picture."""
_STRETCH: Final = 500
"""Segments of 20 m that are drawn of a beam that has more photons."""


def draw(read: Read, granule: Granule, variable: str | None, wanted: dict[str, Any]) -> "Figure":
    """Draw a variable, or what the product is read for.

    Args:
        read: its reader's ``dataset``.
        granule: that is drawn.
        variable: its name; None for the product's own picture.
        wanted: the other arguments of `Icesat2Reader.plot`.

    Raises:
        ReaderError: there is no such variable, or it does not lie along the track.
    """
    product = (granule.structure.product or "")[:5]
    if variable is None and product == "ATL08":
        return _canopy(read, granule, wanted)
    if product == "ATL03" and variable in (None, "h_ph"):
        return _photons(read, granule, wanted)
    return _profile(read, granule, variable, wanted)


def _canopy(read: Read, granule: Granule, wanted: dict[str, Any]) -> "Figure":
    beam = _one_beam(granule, wanted)
    found = read(["h_te_best_fit", "h_canopy"], **_without_classes(wanted) | {"beams": beam})
    return pictures.canopy(found, _title(granule, beam))


def _photons(read: Read, granule: Granule, wanted: dict[str, Any]) -> "Figure":
    beam = _one_beam(granule, wanted)
    if all(wanted[key] is None for key in ("bbox", "polygon", "time")):
        wanted = wanted | {"time": _stretch(read, granule, beam)}
    names = ["h_ph", "signal_conf_ph"] if wanted["classes"] is None else ["h_ph"]
    found = read(names, **wanted | {"beams": beam})
    return pictures.photons(found, _title(granule, beam))


def _profile(read: Read, granule: Granule, variable: str | None, wanted: dict[str, Any]) -> "Figure":
    name = variable or _height(granule)
    along, _ = granule.asked(name)
    if len(along) != 1:
        raise ReaderError(f"{granule.name}: {name!r} is not one variable along the track; read it with dataset()")
    label = granule.naming.name_of(along[0])
    good = "atl06_quality_summary" if label == "h_li" else None
    if variable is None and along[0].rows is not None and "cycle_number" in granule.column(along[0]).variable.dims:
        wanted = wanted | {"beams": _one_beam(granule, wanted)}
    found = read([label, *([good] if good else [])], **_without_classes(wanted))
    if label not in found:  # positions are coordinates
        label = "latitude" if along[0].path == granule.rows_of(along).latitude else "longitude"
    if found[label].dims[1:] == ("cycle_number",):
        return pictures.cycles(found, label, _title(granule, None))
    if found[label].ndim > 1:
        raise ReaderError(f"{granule.name}: {label} has several columns a row; draw them from dataset({label!r})")
    return pictures.profile(found, label, _title(granule, None), good)


def _height(granule: Granule) -> str:
    name = granule.structure.layout.height
    if name:
        granule.look([name])
    if name and len(granule.naming.best(name)) == 1:
        return name
    flat = [one for one in granule.asked(None)[0] if len(granule.column(one).array.shape) == 1]
    if not flat:
        raise ReaderError(f"{granule.name} holds nothing along a track that could be drawn; name a variable")
    return granule.naming.name_of(flat[0])


def _without_classes(wanted: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in wanted.items() if key != "classes"}


def _one_beam(granule: Granule, wanted: dict[str, Any]) -> str:
    """The first that is asked for; else the strong one with most rows."""
    names = granule.chosen(wanted["beams"])
    if not names:
        raise ReaderError(f"{granule.name} holds no beams with data: there is nothing to draw")
    if wanted["beams"] is not None:
        return names[0]
    return max(names, key=lambda name: (granule.size(name) > 0, bool(granule.beams[name].strong), granule.size(name)))


def _stretch(read: Read, granule: Granule, beam: str) -> tuple[np.datetime64, np.datetime64] | None:
    """Where most photons are, of a beam that has too many for one picture."""
    if granule.size(beam) <= _MANY or f"{BEAM}/geolocation/segment_ph_cnt" not in granule.structure.fields:
        return None
    found = read("segment_ph_cnt", beams=beam)
    sums = np.convolve(found["segment_ph_cnt"].to_numpy(), np.ones(_STRETCH), "valid")
    first = int(np.argmax(sums)) if sums.size else 0
    time = found["time"].to_numpy()[first : first + _STRETCH]
    return time[0], time[-1]


def _title(granule: Granule, beam: str | None) -> str:
    facts = granule.facts
    # ATL11 has several
    cycle = facts.cycle if granule.structure.product != "ATL11" else None
    parts = [granule.name, f"track {facts.rgt}" if facts.rgt else "", f"cycle {cycle}" if cycle else ""]
    if beam:
        strength = {True: " (strong)", False: " (weak)", None: ""}[granule.beams[beam].strong]
        parts.append(f"{beam}{strength}")
    return ", ".join(part for part in parts if part)
