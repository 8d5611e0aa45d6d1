"""Earth Explorer headers (``.HDR``, and the beginning of ``.EOF``): XML, from which the leaves are taken."""

import xml.etree.ElementTree as ET
from typing import IO, Any

from tercet.errors import RecordError

_ROOTS = frozenset({"Earth_Explorer_Header", "Earth_Explorer_File"})
_LONGEST = 300
"""Characters: longer texts are tables of the processor's inputs."""


def header_in_xml(file: IO[bytes], name: str) -> dict[str, Any] | None:
    """The fixed and the main product header, by field name; None where it is no Earth Explorer header.

    Args:
        file: XML; orbit files are read to the end of their header only.
        name: for the error.

    Raises:
        RecordError: it begins as one and breaks off.
    """
    known = False
    try:
        # the file is the user's own, and expat bounds how far entities grow
        for event, element in ET.iterparse(file, events=("start", "end")):  # noqa: S314
            tag = _local(element.tag)
            if event == "start":
                if not known and tag not in _ROOTS:
                    return None
                known = True
            elif tag == "Earth_Explorer_Header":
                return _fields(element)
    except ET.ParseError as error:
        if not known:
            return None
        raise RecordError(f"{name} is cut off or damaged XML ({error}): download it again") from error
    raise RecordError(f"{name} has no Earth_Explorer_Header: download it again")


def _fields(header: ET.Element) -> dict[str, Any]:
    parts = {_local(part.tag): part for part in header.iter()}
    fixed, main = parts.get("Fixed_Header"), parts.get("MainProductHeader")
    said = {"fixed": _leaves(fixed), "main": _leaves(main)}
    return {name: fields for name, fields in said.items() if fields}


def _leaves(part: ET.Element | None) -> dict[str, str]:
    if part is None:
        return {}
    texts = ((_local(leaf.tag), (leaf.text or "").strip()) for leaf in part.iter() if not len(leaf))
    return {tag: text for tag, text in texts if 0 < len(text) <= _LONGEST}


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
