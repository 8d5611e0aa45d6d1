"""Looking where variables usually lie, so that a file of a thousand arrays need not be listed for four of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tercet.readers.hdf5 import Hdf5
from tercet.readers.icesat2.beams import Beams
from tercet.readers.icesat2.layout import BEAMS, GROUPS, KEYS, LAYOUTS, Layout, within

_PATTERN: Final = frozenset("*?[")
_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "heights": ("lat_ph", "lon_ph"),
    "geolocation": ("reference_photon_lat", "reference_photon_lon"),
    "": ("latitude", "longitude", "segment_lat", "segment_lon", "lat_ph", "lon_ph", "ref_pt"),
    "corrected_h": ("latitude", "longitude", "ref_pt"),
}
"""What positions are called in groups where it is not latitude and longitude alone."""


def beams_in(file: Hdf5) -> list[str]:
    """Groups of beams, pairs and profiles that a file has."""
    there = file.look(GROUPS)
    beams: list[str] = [name for name in BEAMS if name in there]
    # a granule has groups of one kind
    return beams or [name for name in GROUPS if name in there]


def has_beams(file: Hdf5) -> bool:
    """Whether a file has any of them; grids have none."""
    return any(file.look([name]) for name in GROUPS)


def groups_of(file: Hdf5, beams: Beams) -> list[str]:
    """Groups to look at for beams: those that are named where all are there, else all that there are."""
    named = [beams] if isinstance(beams, str) else list(beams) if isinstance(beams, Sequence) else []
    if named and all(isinstance(one, str) and one in GROUPS for one in named):
        there = file.look(map(str, named))
        if there.issuperset(named):
            return [one for one in GROUPS if one in named]
    return beams_in(file)


def probed(file: Hdf5, product: str | None, beams: Sequence[str], names: Sequence[str] | None) -> list[str]:
    """Paths of the arrays that names may mean, and of what places their rows; none where one of them lies elsewhere.

    Args:
        file: that holds them, or not.
        product: its short name.
        beams: groups that it has.
        names: as `Naming.find` takes them; None for what the product is mostly read for, as far as it is there.
    """
    layout, arrays = LAYOUTS.get((product or "")[:5], Layout(())), file.arrays()
    # most will be asked for below, one after the other
    file.look(_join(beam, place) for beam in beams for place in _placing(layout, set()))
    model = _model(arrays, layout, beams)
    wanted = layout.variables if names is None else names
    if model is None or any(_PATTERN & set(name) for name in wanted):
        return []
    held = [_held(arrays, layout, model, within(name)) for name in wanted]
    if (not all(held) and names is not None) or not any(held):
        return []
    fields = {path for paths in held for path in paths}
    fields |= set(_placing(layout, {path.rpartition("/")[0] for path in fields}))
    # one after the other as in a file, groups by groups
    return [place for beam in beams for path in sorted(fields) if (place := f"{beam}/{path}") in arrays]


def _model(arrays: Mapping[str, Any], layout: Layout, beams: Sequence[str]) -> str | None:
    """A beam with rows of the product: what it lacks is looked for in the list of all arrays."""
    return next((beam for beam in beams for root in layout.mains if _join(beam, root, "delta_time") in arrays), None)


def _held(arrays: Mapping[str, Any], layout: Layout, model: str, name: str) -> list[str]:
    """Paths in a beam that a name may mean, and those that share its last part."""
    last = name.rpartition("/")[2]
    places = dict.fromkeys([*(_join(group, one) for group in layout.groups for one in (name, last)), name])
    held = [place for place in places if _join(model, place) in arrays]
    return held if any(f"/{place}".endswith(f"/{name}") for place in held) else []


def _placing(layout: Layout, groups: set[str]) -> Iterator[str]:
    """What may say where and when rows are, and what joins them to others."""
    keys = [path for group in (*layout.mains, *groups) for path in KEYS.get(group, ())]
    yield from keys
    roots = {*layout.mains, *(path.rpartition("/")[0] for path in keys)}
    roots |= {group for group in groups if not any(main and group.startswith(f"{main}/") for main in layout.mains)}
    for root in roots:
        for name in (*_PLACES.get(root, ("latitude", "longitude")), "delta_time"):
            yield _join(root, name)


def _join(*parts: str) -> str:
    return "/".join(part for part in parts if part)
