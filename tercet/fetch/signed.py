"""Signed addresses that providers redirected to, remembered while they hold: the next range costs no redirect."""

import re
import time
from calendar import timegm
from collections import OrderedDict

import httpx2

_MOST = 1000
_UNSAID_S = 60.0
"""How long an address is used that does not say when it ends."""
_LONGEST_S = 3600.0
_EARLY_S = 5.0


class Signed:
    """Where hrefs were last redirected to. Kept in memory only: the addresses are secrets."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[httpx2.URL, float]] = OrderedDict()

    def get(self, href: str) -> httpx2.URL | None:
        """The address, where it still holds."""
        url, ends = self._known.get(href, (None, 0.0))
        return url if ends > time.time() else None

    def remember(self, href: str, url: httpx2.URL) -> None:
        """Keep an address for as long as it says."""
        self._known[href] = (url, min(_end(url), time.time() + _LONGEST_S))
        self._known.move_to_end(href)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)

    def forget(self, href: str) -> None:
        """Drop an address that was refused."""
        self._known.pop(href, None)


def _end(url: httpx2.URL) -> float:
    """When a signature ends, in seconds since 1970: ``Expires`` of CloudFront, or S3's date and life in seconds."""
    query = url.params
    if (ends := query.get("Expires", "")).isdecimal():
        return float(ends) - _EARLY_S
    made = re.fullmatch(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", query.get("X-Amz-Date", ""), re.ASCII)
    if made and (life := query.get("X-Amz-Expires", "")).isdecimal():
        return timegm(tuple(map(int, made.groups()))) + float(life) - _EARLY_S
    return time.time() + _UNSAID_S
