r"""Code tables that EarthCARE's files hold as text: parsed into CF's flag attributes, colours included.

Spelt differently from product to product (recorded)::

    "-1: unknown\n 0: ground"             a line each                     AC__TC__2B
    "0 = signal-based,  1 = DEM-based"    commas, which labels hold, too  CPR_CLD_2A
    "1=land, 0=not land"                  not sorted                      CPR_CLD_2A
    "1: Dust\\n\\t 2: Sea_salt"          the escapes themselves          ATL_ALD_2A
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ESCAPES = re.compile(r"\\[nt]|[\n\r\t]+")
_CODE = re.compile(r"(?:^|[,;\n])\s*([-+]?\d+)\s*[:=]\s*(?=\S)")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
_BITS = re.compile(r"\bbit", re.IGNORECASE)
_NO_WORD = re.compile(r"[^0-9A-Za-z.+-]+")


@dataclass(frozen=True, slots=True)
class Classes:
    """A code table.

    Attributes:
        labels: code to meaning, in the file's order; at least two.
        colours: code to ``#rrggbb``; empty where the file names none, or fewer than codes.
        are_bits: whether codes are added up, so that several can hold at once.
    """

    labels: Mapping[int, str]
    colours: Mapping[int, str]
    are_bits: bool = False

    def attributes(self, dtype: np.dtype[Any]) -> dict[str, Any]:
        """Write them as CF does: ``flag_values`` or ``flag_masks``, and ``flag_meanings`` of one word each."""
        key = "flag_masks" if self.are_bits else "flag_values"
        return {key: self._codes(dtype), "flag_meanings": " ".join(map(_word, self.labels.values()))}

    def _codes(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        codes = np.array(list(self.labels))
        fits = dtype.kind not in "iu" or bool(
            (codes >= np.iinfo(dtype).min).all() and (codes <= np.iinfo(dtype).max).all()
        )
        return codes.astype(dtype) if fits else codes.astype(np.int32)


def classes_of(attributes: Mapping[str, Any]) -> Classes | None:
    """Read the code table of a variable; None where it has none.

    Args:
        attributes: as the file has them; those looked at are ``definition``, ``plot_colors`` and the notes.
    """
    definition = attributes.get("definition")
    if not isinstance(definition, str):
        return None
    text = _ESCAPES.sub("\n", definition)
    found = list(_CODE.finditer(text))
    if len(found) < 2:  # noqa: PLR2004 - one code is no table, but a sentence with a number
        return None
    ends = [*(one.start() for one in found[1:]), len(text)]
    labels = {
        int(one[1]): " ".join(text[one.end() : end].strip(" \n,;").split())
        for one, end in zip(found, ends, strict=True)
    }
    return Classes(labels, _colours(attributes, list(labels)), _are_bits(attributes))


def _colours(attributes: Mapping[str, Any], codes: list[int]) -> dict[int, str]:
    named = attributes.get("plot_colors")
    colours = _COLOUR.findall(named) if isinstance(named, str) else []
    return dict(zip(codes, colours, strict=False)) if len(colours) >= len(codes) else {}


def _are_bits(attributes: Mapping[str, Any]) -> bool:
    notes = (attributes.get(key) for key in ("note", "notes", "comment", "long_definition"))
    return any(isinstance(one, str) and _BITS.search(one) for one in notes)


def _word(label: str) -> str:
    """One word of a label, as CF asks: letters, digits and ``_ . + -``."""
    return _NO_WORD.sub("_", label).strip("_") or "unnamed"
