"""Every error that Tercet raises on purpose.

TercetError
├── ConfigError        a setting or option is missing, malformed or contradicts another
├── DatabaseError      the database cannot be found, reached, or is of another version
├── UpstreamError      a provider did not answer as it documents
│   ├── AuthError      ... because it does not know who we are
│   └── NotServedError ... a product or file that it does not have now
├── RecordError        one record cannot become an Item; the harvest goes on
├── InvalidItemError   an Item that we built breaks the rules: our bug, kept as a reject
├── SinkError          pgSTAC or an output file refused a batch
└── ReaderError        an asset, file or variable cannot be opened or read

A message says what happened, to which thing, and what to do next.
"""

from collections.abc import Iterable


def did_you_mean(near: Iterable[str]) -> str:
    """Propose names in the middle of a message: ``did you mean a or b? ``; "" where none is near."""
    names = " or ".join(near)
    return f"did you mean {names}? " if names else ""


class TercetError(Exception):
    """Root of the tree: catch this to catch all that Tercet raises on purpose."""


class ConfigError(TercetError):
    """A setting or option is missing, malformed or contradicts another."""


class DatabaseError(TercetError):
    """The database cannot be found, reached, or is not of the version we speak."""


class UpstreamError(TercetError):
    """A provider did not answer as it documents.

    Attributes:
        url: what was asked, without its query (queries may hold secrets).
        status: the HTTP status, or None where no answer came.
        detail: the provider's own words, where it sent any.
        retry_after_s: the pause that it asks for, in seconds, where it does.
    """

    def __init__(
        self,
        message: str,
        *,
        url: str = "",
        status: int | None = None,
        detail: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.url = url
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s


class AuthError(UpstreamError):
    """A provider does not know who we are, or does not let us in."""


class NotServedError(UpstreamError):
    """A provider has no such product or file now."""


class RecordError(TercetError):
    """One raw record cannot become an Item. The harvest goes on without it."""


class InvalidItemError(TercetError):
    """An Item that we built breaks STAC or the catalog model: our bug, not the provider's."""


class SinkError(TercetError):
    """Items could not be written where they were to go."""


class ReaderError(TercetError):
    """An asset, a file or one of its variables cannot be opened or read."""
