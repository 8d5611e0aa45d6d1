"""What is asked of CMR: the parameters of a search for granules."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from harvesters.base import Selection, Window, iso
from harvesters.icesat2_area import shapes
from harvesters.icesat2_tracks import Tracks

Query = Mapping[str, str | list[str]]

_MILLISECOND: Final = timedelta(milliseconds=1)
_NAME, _OTHER_NAME = "readable_granule_name", "granule_ur"


def query(selection: Selection, concept_id: str, tracks: Tracks) -> Query:
    """The parameters of a walk through one Collection, but for its order, revision dates and size of pages.

    Raises:
        ConfigError: the geometry is none that CMR can search by.
    """
    asked: dict[str, str | list[str]] = {"collection_concept_id": concept_id}
    if not selection.window.is_open:
        asked["temporal"] = _temporal(selection.window)
    if selection.bbox:
        asked["bounding_box"] = ",".join(f"{edge:.10g}" for edge in selection.bbox)
    if selection.intersects:
        asked.update(_any_of(shapes(selection.intersects)))
    names = list(selection.options.get("granule", ()))
    if names:
        asked.update(_named(_NAME, names))
    if tracks.patterns:
        # the patterns of one parameter are ORed, those of two are ANDed
        asked.update(_named(_OTHER_NAME if names else _NAME, tracks.patterns))
    return asked


def revised_between(since: datetime | None, until: datetime | None) -> Query:
    """Only what was last revised then; both ends are in it, as CMR has it."""
    if not since and not until:
        return {}
    return {"revision_date[]": f"{iso(since) if since else ''},{iso(until) if until else ''}"}


def _temporal(window: Window) -> str:
    """CMR's ranges hold both ends, to the millisecond; ours leave out the last."""
    start = iso(window.start) if window.start else ""
    return f"{start},{iso(window.end - _MILLISECOND) if window.end else ''}"


def _any_of(found: Mapping[str, list[str]]) -> Query:
    asked: dict[str, str | list[str]] = {f"{kind}[]": parts for kind, parts in found.items()}
    asked.update({f"options[{kind}][or]": "true" for kind, parts in found.items() if len(parts) > 1})
    return asked


def _named(parameter: str, patterns: list[str]) -> Query:
    return {f"{parameter}[]": patterns, f"options[{parameter}][pattern]": "true"}
