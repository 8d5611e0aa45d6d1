"""What the header of a granule on disk says of its beams and its quality, and CMR's records do not.

Spots 1, 3 and 5 of the instrument are strong: the right beams of the pairs while it flies forward, the left ones while
it flies backward. In transition there is no telling.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Header = Mapping[str, Any]

_TRANSITION: Final = "transition"
_ORIENTATIONS: Final[Mapping[int | None, str]] = {0: "backward", 1: "forward", 2: _TRANSITION}
_STRONG: Final = {"forward": "r", "backward": "l"}


def properties_of_beams(header: Header) -> dict[str, Any]:
    """Beams that hold data, the strong ones of them, which way the spacecraft flew, and whether NASA passed it."""
    ours: dict[str, Any] = {}
    beams = {name: beam for name, beam in (header.get("beams") or {}).items() if beam.get("positions")}
    orientation = _orientation(header, beams)
    if orientation:
        ours["icesat2:orientation"] = orientation
    if beams:
        ours["icesat2:beams"] = sorted(beams)
        strong = [name for name in sorted(beams) if _is_strong(name, beams[name], orientation)]
        if strong:
            ours["icesat2:strong_beams"] = strong
    verdict = header.get("qa_granule_pass_fail")
    if verdict in (0, 1):
        ours["icesat2:quality"] = "fail" if verdict else "pass"
    return ours


def _orientation(header: Header, beams: Mapping[str, Any]) -> str | None:
    """Which way the spacecraft flew: it was in transition where it flew both ways."""
    said = (header.get("orbit_info") or {}).get("sc_orient")
    if said:
        # pairs of ATL11 hold several cycles, each with its own
        both = set(said) <= _ORIENTATIONS.keys() and any(name.startswith("gt") for name in beams)
        return _ORIENTATIONS.get(single(said), _TRANSITION if both else None)
    of_beams = {str(beam["orientation"]).lower() for beam in beams.values() if beam.get("orientation")}
    return of_beams.pop() if len(of_beams) == 1 and of_beams <= set(_ORIENTATIONS.values()) else None


def _is_strong(name: str, beam: Header, orientation: str | None) -> bool:
    if orientation == _TRANSITION:
        return False
    if beam.get("type"):
        return str(beam["type"]).lower() == "strong"
    return name.startswith("gt") and name.endswith(_STRONG.get(orientation or "", "-"))


def single(values: Sequence[int] | None) -> int | None:
    """The value, where all are the same."""
    return values[0] if values and len(set(values)) == 1 else None
