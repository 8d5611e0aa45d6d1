"""The archive's addresses: what lies there, and what of them lasts.

The archive signs none today. Its files are opened by a login of their own (`auth:refs`), so that a key, a signature or
an account in an address would be somebody's secret, and gone tomorrow.
"""

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
    kept = "&".join(part for part in query.split("&") if not _SECRET.search(part.partition("=")[0]))
    return f"{path}?{kept}" if kept else path


def file_name(href: str) -> str:
    """The last part of the path."""
    return href.partition("?")[0].rpartition("/")[2]


def ending(href: str) -> str:
    """What the path ends in, lower case, without the dot; "" where it has no ending."""
    return file_name(href).rpartition(".")[2].lower() if "." in file_name(href) else ""


def is_packed(href: str) -> bool:
    """Whether a ZIP is made there when it is asked for: its address has no ending."""
    return _PACKED in href
