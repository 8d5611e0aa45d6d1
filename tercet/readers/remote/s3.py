"""Ranges of a file in a bucket of S3, with the keys that AWS's own tools take from the environment."""

import os
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from tercet.errors import AuthError, NotServedError, ReaderError, UpstreamError
from tercet.readers.remote.base import Take
from tercet.readers.remote.version import Version

_REGION = "us-west-2"
"""Of NASA's archive, where nobody names another."""
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
_PART = 256 * 1024
_KEYS_HINT = (
    "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (NASA's archive gives them for an hour, "
    "and only to us-west-2: https://data.nsidc.earthdatacloud.nasa.gov/s3credentials), or open its https address"
)


def store_of(bucket: str) -> S3Store:
    """A bucket, with the environment's keys; without them as anybody sees it."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _REGION
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    return S3Store(
        bucket,
        region=region,
        # without keys the library would look for a machine of AWS, for a minute
        skip_signature=not any(os.environ.get(name) for name in _KEYS),
        client_options={"allow_http": endpoint.startswith("http://")},
    )


@dataclass(slots=True)
class BucketFile:
    """A file in a bucket; attributes as those of `HttpFile`."""

    name: str
    version: Version | None = None
    is_ranged: bool = field(default=True, init=False)
    requests: int = field(default=0, init=False)
    received: int = field(default=0, init=False)
    _store: S3Store = field(init=False, repr=False)
    _path: str = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.name)
        self._path = unquote(parts.path.lstrip("/"))
        if not parts.netloc or not self._path:
            raise ReaderError(f"{self.name} names no file in a bucket: s3://bucket/path")
        self._store = store_of(parts.netloc)

    async def get(self, start: int, stop: int, take: Take) -> None:
        """Fetch bytes ``start`` to ``stop``, fewer where the file ends before, and hand them out in order.

        Raises:
            AuthError: the bucket does not let us in.
            NotServedError: there is no such file.
            ReaderError: the file is another than at the first request.
            UpstreamError: no answer, or not all of it.
        """
        try:
            answer = await obstore.get_async(self._store, self._path, options={"range": (start, stop)})
            self.requests += 1
            self._agree(Version(answer.meta["size"], answer.meta["e_tag"] or ""))
            async for part in answer.stream(min_chunk_size=_PART):
                self.received += len(part)
                if not take(bytes(part)):
                    return
        except FileNotFoundError as error:
            raise NotServedError(f"{self.name} is not there", url=self.name, status=404) from error
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise AuthError(f"the bucket of {self.name} does not let us in: {_KEYS_HINT}", url=self.name) from error
        except BaseError as error:
            reason = str(error).split("\n", 1)[0].partition("?")[0]
            raise UpstreamError(f"{self.name} cannot be read: {reason}; try again later", url=self.name) from error

    def _agree(self, now: Version) -> None:
        if self.version is None or not self.version.mark:
            self.version = self.version or now
        if self.version.is_another(now):
            raise ReaderError(f"{self.name} was replaced while it was read: open it again")
        self.version = now
