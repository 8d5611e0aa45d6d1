"""A fake of Carbon Mapper's API, with its own rules: what it takes, ignores, refuses and gets wrong.

Rules: offsets only, at most 1000 plumes, 100 STAC Items a page, parameters of unknown names are ignored, an unknown
value of ``instrument`` or ``sectors`` empties the answer and drops its counts, a box is four repeated keys in REST
(with commas it is a 422) and has a count of its own, and comma-joined in STAC; everybody may read but nobody with a
wrong token, and files want one.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from tests.upstreams.carbon_mapper_accounts import Accounts
from tests.upstreams.carbon_mapper_archive import Archive, Habits, records, rows
from tests.upstreams.carbon_mapper_files import Files
from tests.upstreams.carbon_mapper_places import Places
from tests.upstreams.carbon_mapper_plumes import PlumeLists
from tests.upstreams.carbon_mapper_requests import RefusedError, json
from tests.upstreams.carbon_mapper_stac import Stac

__all__ = ["Archive", "Habits", "app", "records", "rows"]

PARTS = (PlumeLists, Places, Stac, Files, Accounts)


def app(archive: Archive) -> ASGIApp:
    """The API over an archive, below /api/v1."""
    routes = [route for part in PARTS for route in part(archive).routes("/api/v1")]
    return Starlette(routes=routes, exception_handlers={RefusedError: _refused})


async def _refused(_request: Request, error: Exception) -> Response:
    if isinstance(error, RefusedError):
        return json(error.body, error.status)
    raise error
