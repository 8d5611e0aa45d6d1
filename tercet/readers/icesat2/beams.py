"""Beams: which spot of the instrument each is, strong or weak, and which are asked for.

Source: ATL03 data dictionary, ``orbit_info/sc_orient``. Spots 1, 3 and 5 are strong: the right beams of the pairs
while the spacecraft flies forward, the left ones while it flies backward. In transition there is no telling.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tercet.errors import ReaderError
from tercet.readers.hdf5 import Hdf5
from tercet.readers.icesat2.facts import TRANSITION, text
from tercet.readers.icesat2.layout import BEAMS, GROUPS

Beams = Sequence[str | int] | str | int | None
"""Names (gt1l), spots (1 to 6), "strong" or "weak", one or several; None is all."""

_STRENGTHS: Final = ("strong", "weak")
_FORWARD: Final = dict(zip(BEAMS, (6, 5, 4, 3, 2, 1), strict=True))
_BACKWARD: Final = dict(zip(BEAMS, (1, 2, 3, 4, 5, 6), strict=True))
_SPOTS: Final[Mapping[str, Mapping[str, int]]] = {"forward": _FORWARD, "backward": _BACKWARD}


@dataclass(frozen=True, slots=True)
class Beam:
    """One group of a granule.

    Attributes:
        name: gt1l to gt3r; pt1 to pt3 of ATL11, profile_1 to profile_3 of ATL04 and ATL09.
        spot: of the instrument, 1 to 6; None where that is not known, or a group is no single beam.
        strong: None likewise.
    """

    name: str
    spot: int | None = None
    strong: bool | None = None


def beams_of(names: Iterable[str], orientation: str | None, file: Hdf5) -> dict[str, Beam]:
    """Say of each beam what it is: by the way the spacecraft flew, else by the attributes of its group.

    Args:
        names: groups that the file holds.
        orientation: as in `Facts`; in transition the attributes hold for a part of the rows only, if for any.
        file: the granule.
    """
    return {name: _beam(name, orientation, file) for name in names}


def _beam(name: str, orientation: str | None, file: Hdf5) -> Beam:
    if name not in BEAMS or orientation == TRANSITION:
        return Beam(name)
    known = _SPOTS.get(orientation or "")
    if known:
        return Beam(name, known[name], known[name] % 2 == 1)
    attributes = file.attributes(name)
    stated = text(attributes.get("atlas_spot_number"))
    spot = int(stated) if stated.isdigit() and 1 <= int(stated) <= len(BEAMS) else None
    strength = text(attributes.get("atlas_beam_type")).lower()
    if strength in _STRENGTHS:
        return Beam(name, spot, strength == "strong")
    return Beam(name, spot, None if spot is None else spot % 2 == 1)


def chosen(beams: Beams, there: Mapping[str, Beam], where: str) -> list[str]:
    """The names of the beams that are asked for, in the order of the file.

    Args:
        beams: what is asked for.
        there: beams that the file holds.
        where: the granule's name, for errors.

    Raises:
        ReaderError: the file holds no such beam, or does not say which are strong.
    """
    if beams is None:
        return list(there)
    asked = [beams] if isinstance(beams, str | int) else list(beams)
    wanted = {name for one in asked for name in _named(one, there, where)}
    return [name for name in there if name in wanted]


def says_which(beams: Beams) -> bool:
    """Whether it takes more than names to know which beams are meant: strengths or spots."""
    asked = [beams] if isinstance(beams, str | int) else list(beams or ())
    return any(isinstance(one, int) or one in _STRENGTHS for one in asked)


def _named(asked: Any, there: Mapping[str, Beam], where: str) -> list[str]:  # noqa: ANN401 - what people write
    if asked in _STRENGTHS:
        return _of_strength(asked, there, where)
    if isinstance(asked, int):
        return _of_spot(asked, there, where)
    name = str(asked).lower()
    if name in there:
        return [name]
    present = f"beams present: {', '.join(there) or 'none'}"
    if name in GROUPS:
        raise ReaderError(f"{where} holds no beam {name}; {present}")
    raise ReaderError(f'{asked!r} is no beam: they are called gt1l to gt3r, "strong", "weak", or by spot; {present}')


def _of_strength(asked: str, there: Mapping[str, Beam], where: str) -> list[str]:
    if there and all(beam.strong is None for beam in there.values()):
        raise ReaderError(
            f"{where} does not say which beams are {asked}: it was made while the spacecraft turned, or lacks "
            f"orbit_info/sc_orient and the attributes of its beams, or has pairs; name beams: {', '.join(there)}"
        )
    return [name for name, beam in there.items() if beam.strong is (asked == "strong")]


def _of_spot(asked: int, there: Mapping[str, Beam], where: str) -> list[str]:
    if not 1 <= asked <= len(BEAMS):
        raise ReaderError(f"spot {asked} is none of ATLAS: they are 1 to 6, strong where odd")
    found = [name for name, beam in there.items() if beam.spot == asked]
    if found:
        return found
    spots = ", ".join(f"{beam.spot} ({name})" for name, beam in there.items() if beam.spot) or "none known"
    raise ReaderError(f"{where} holds no spot {asked}; spots present: {spots}")
