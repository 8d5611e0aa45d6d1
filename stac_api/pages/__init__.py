"""Pages for people: the JSON that clients get, as HTML where a browser asks for it. Without scripts."""

from stac_api.pages.negotiation import PagesMiddleware

__all__ = ["PagesMiddleware"]
