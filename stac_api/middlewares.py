"""What lies around the API: pages for people, limits, compression, HEAD, proxies, and pages of other origins."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette_compress import CompressMiddleware, add_compress_type

from stac_api.encodings import AnyEncodingMiddleware
from stac_api.forwarding import ForwardingMiddleware
from stac_api.heads import HeadMiddleware
from stac_api.limits import BodyLimitMiddleware
from stac_api.pages import PagesMiddleware

_FROM_BROWSERS = (
    *("Accept", "Accept-Language", "Content-Type", "Authorization", "X-Api-Key"),
    *("Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"),
)
"""Headers that pages of other origins may send: those of a search, of a login and of reading a part of a file."""
_TO_BROWSERS = (
    *("ETag", "Last-Modified", "Content-Length", "Content-Range", "Accept-Ranges", "Content-Encoding"),
    *("Content-Disposition", "Link", "Retry-After"),
)
"""Headers that pages of other origins may read."""


def middlewares(app: FastAPI, origins: Sequence[str]) -> list[Middleware]:
    """Give them from the inside out, as stac-fastapi takes them.

    Args:
        app: with ``state.tercet_settings``.
        origins: sites whose pages may use the API from a browser.
    """
    for kind in ("application/schema+json", "application/vnd.oai.openapi+json"):
        add_compress_type(kind)
    browser = app.state.tercet_settings.browser_url
    return [
        Middleware(PagesMiddleware, browser_url=str(browser) if browser else None),
        Middleware(BodyLimitMiddleware),
        # half the time of the defaults for a sixth more bytes: it is the time of all other requests
        Middleware(CompressMiddleware, zstd_level=3, brotli_quality=2, gzip_level=2),
        Middleware(AnyEncodingMiddleware),
        Middleware(HeadMiddleware, routes=app.router.routes),
        Middleware(ForwardingMiddleware),
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=("GET", "HEAD", "POST", "OPTIONS"),
            allow_headers=_FROM_BROWSERS,
            expose_headers=_TO_BROWSERS,
            max_age=600,
        ),
    ]
