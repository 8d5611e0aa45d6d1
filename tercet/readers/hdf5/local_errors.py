"""What h5py says of damaged files, as errors of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from tercet.errors import ReaderError

_DAMAGE = (RuntimeError, OSError, KeyError, ValueError, TypeError)
"""h5py has one of these for each way in which the library says no."""


@contextmanager
def broken(name: str, what: str) -> Iterator[None]:
    """Translate the errors of h5py, where a file that is whole gives none.

    Args:
        name: of the file.
        what: is read of it.

    Raises:
        ReaderError: it cannot be read.
    """
    try:
        yield
    except _DAMAGE as error:
        reason = error.args[0] if error.args else error
        raise ReaderError(f"{name}: {what} cannot be read, the file is broken there: {reason}; get it again") from error
