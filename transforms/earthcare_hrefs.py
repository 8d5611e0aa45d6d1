"""The archive's addresses: what lies there, and what of them lasts.

The archive signs none today. Its files are opened by a login of their own (`auth:refs`), so that a key, a signature or
an account in an address would be somebody's secret, and gone tomorrow.
"""

import functools
import re
from typing import Final

_PACKED: Final = "/data/zipper/"
_ACCOUNT: Final = re.compile(r"(?<=://)[^/?#]*@")
_SECRET: Final = re.compile(r"token|key|secret|sig|credential|password|expires|x-amz", re.IGNORECASE)


def permanent(href: str) -> str:
    """An address without fragment, account, and what of its query opens or expires."""
    if "#" in href or "@" in href:
        href = _ACCOUNT.sub("", href.partition("#")[0])
    path, mark, query = href.partition("?")
    if not mark:
        return href
    kept = _without_secrets(query)
    if kept == query:
        return href
    return f"{path}?{kept}" if kept else path


@functools.lru_cache(maxsize=256)
def _without_secrets(query: str) -> str:
    return "&".join(part for part in query.split("&") if not _SECRET.search(part.partition("=")[0]))


def file_name(href: str) -> str:
    """The last part of the path."""
    return href.partition("?")[0].rpartition("/")[2]


def ending(href: str) -> str:
    """What the path ends in, lower case, without the dot; "" where it has no ending."""
    _, dot, last = file_name(href).rpartition(".")
    return last.lower() if dot else ""


def is_packed(href: str) -> bool:
    """Whether a ZIP is made there when it is asked for: its address has no ending."""
    return _PACKED in href
