"""What can be asked of ICESat-2 and of no other source."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from harvesters.base import Option
from tercet.errors import ConfigError
from transforms.icesat2_names import TRACKS

_REGIONS: Final = 14
_LAST_CYCLE: Final = 99
_LAST_ORBIT: Final = 999_999
_MILLISECOND: Final = timedelta(milliseconds=1)
_NUMBERS: Final = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)
_WILD: Final = re.compile(r"[*?]")
_PATTERN: Final = re.compile(r"[\w.*?:-]+", re.ASCII)


def numbers(name: str, largest: int) -> Callable[[str], tuple[int, ...]]:
    """A reader of ``5``, ``5-9`` and ``5,7,12-14``."""

    def read(text: str) -> tuple[int, ...]:
        found: set[int] = set()
        for part in text.replace(" ", "").split(","):
            match = _NUMBERS.fullmatch(part)
            first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
            if not 1 <= first <= last <= largest:
                raise ConfigError(f"--{name} {text} is none: write 1 to {largest}, as 5, 5-9 or 5,7,12")
            found.update(range(first, last + 1))
        return tuple(sorted(found))

    return read


def granule(text: str) -> str:
    """A pattern of CMR for names of granules; a name without its suffix, as Items have for an id, is one, too."""
    name = text.strip()
    if not _PATTERN.fullmatch(name):
        raise ConfigError(
            f"--granule {text!r} is no name of a granule: write one, or a part of it with * and ?, "
            "as ATL08_20191211*_006_01.h5"
        )
    return name if _WILD.search(name) or "." in name else f"{name}.*"


def moment(name: str) -> Callable[[str], datetime]:
    """A reader of a date or a moment; without a zone it is in UTC."""

    def read(text: str) -> datetime:
        try:
            read_as = datetime.fromisoformat(text.strip())
        except ValueError as error:
            raise ConfigError(f"--{name} {text!r} is no moment: write 2026-01-31 or 2026-01-31T12:00:00Z") from error
        return read_as if read_as.tzinfo else read_as.replace(tzinfo=UTC)

    return read


OPTIONS: Final[Mapping[str, Option]] = MappingProxyType(
    {
        "rgt": Option("Reference ground tracks, 1 to 1387: 832, 5-9 or 5,7.", numbers("rgt", TRACKS), "TRACKS"),
        "cycle": Option("Cycles of 91 days, from 1 on: 12, 5-9 or 5,7.", numbers("cycle", _LAST_CYCLE), "CYCLES"),
        "region": Option("Fourteenths of the orbit, 1 to 14: 4, 3-5 or 3,5.", numbers("region", _REGIONS), "REGIONS"),
        "orbit": Option("Orbits since launch: 7000, 7000-7014 or 7000,7100.", numbers("orbit", _LAST_ORBIT), "ORBITS"),
        "granule": Option("Name of a granule, or a pattern with * and ?.", granule, "NAME", multiple=True),
        "revised-since": Option("Only what CMR changed since, UTC.", moment("revised-since"), "MOMENT"),
        "revised-until": Option("Only what CMR changed before, UTC.", moment("revised-until"), "MOMENT"),
    }
)


def revised(options: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    """The first and the last revision date that were asked for.

    Raises:
        ConfigError: there is none between them.
    """
    since, before = options.get("revised-since"), options.get("revised-until")
    if since and before and since >= before:
        raise ConfigError("--revised-since is not before --revised-until: swap them, or leave one out")
    return since, before - _MILLISECOND if before else None
