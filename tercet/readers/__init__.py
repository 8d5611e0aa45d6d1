"""Readers: every Item opens the same way.

``tercet.readers.open(item_or_path_or_href)`` gives a `Reader` with ``variables()``, ``dataset()``, ``table()`` and
``plot()``; ``open_many`` opens several, ``sample`` reads rasters at the points of a table.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tercet.readers.base import Reader
    from tercet.readers.many import open_many
    from tercet.readers.opening import open  # noqa: A004 - tercet.readers.open is the name that people call
    from tercet.readers.sampling import sample
    from tercet.readers.variables import Variable, Variables

__all__ = ["Reader", "Variable", "Variables", "open", "open_many", "sample"]

_WHERE = {
    "Reader": "base",
    "Variable": "variables",
    "Variables": "variables",
    "open": "opening",
    "open_many": "many",
    "sample": "sampling",
}


def __getattr__(name: str) -> object:
    # imported when they are asked for: who reads HDF5 waits for no GDAL, and the command line for neither
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"tercet.readers.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    # what notebooks complete: the names that people call, imported or not
    return sorted({*globals(), *_WHERE})
