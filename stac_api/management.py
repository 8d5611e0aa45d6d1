"""What operators ask: does it run, may it be sent requests, how fresh is the catalog."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from stac_fastapi.pgstac.core import health_check

from stac_api.database.schema import Versions
from stac_api.freshness import read_freshness
from stac_api.metrics import CONTENT_TYPE, prometheus_text

_VERSIONS = """
SELECT (SELECT version FROM pgstac.migrations ORDER BY datetime DESC, version DESC LIMIT 1),
    (SELECT array_agg(name) FROM tercet.migration)
"""
_MIGRATED = """
SELECT to_regclass('pgstac.migrations') IS NOT NULL AND to_regclass('tercet.migration') IS NOT NULL
"""
_PROMETHEUS = ("text/plain", "application/openmetrics-text")

Format = Annotated[
    Literal["json", "prometheus"] | None, Query(description="Instead of what the Accept header asks for.")
]

router = APIRouter(tags=["Management"])


def include_management(app: FastAPI) -> None:
    """Add readiness and freshness to the API; ping and health are stac-fastapi's."""
    app.include_router(router)


@router.get("/_mgmt/ready", summary="Whether requests can be answered")
async def ready(request: Request) -> dict[str, Any]:
    """Answer 200 once the database answers and is migrated to what this version speaks, and 503 before."""
    async with request.app.state.get_connection(request, "r") as connection:
        found = await connection.fetchrow(_VERSIONS) if await connection.fetchval(_MIGRATED) else (None, None)
    complaint = Versions(found[0], frozenset(found[1] or ())).complaint()
    if complaint is not None:
        raise HTTPException(503, f"the database {complaint}")
    return {"status": "ready", "pgstac": found[0]}


@router.get(
    "/_mgmt/harvest",
    summary="How fresh the catalog is",
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def harvest(request: Request, f: Format = None) -> Response:
    """Say of each source and product when it was last harvested, what that did, and what is there now.

    JSON, or Prometheus' text where ``Accept: text/plain`` or ``?f=prometheus`` asks for it.
    """
    async with request.app.state.get_connection(request, "r") as connection:
        freshness = await read_freshness(connection)
    if f == "prometheus" or (f is None and _wants_prometheus(request)):
        return PlainTextResponse(prometheus_text(freshness), media_type=CONTENT_TYPE, headers={"Vary": "Accept"})
    return JSONResponse(freshness, headers={"Vary": "Accept"})


@router.get("/metrics", summary="The same for Prometheus", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Give the numbers of ``/_mgmt/harvest`` where Prometheus looks for them."""
    return await harvest(request, "prometheus")


async def health(request: Request) -> Any:  # noqa: ANN401 - JSON, or a response with another status
    """Tell whether the database answers, as stac-fastapi-pgstac does, without the driver's words about it."""
    answer = await health_check(request)
    if isinstance(answer, JSONResponse):
        down = {"status": "DOWN", "message": "the database does not answer"}
        return JSONResponse({"status": "DOWN", "lifespan": {"status": "UP"}, "pgstac": down}, answer.status_code)
    return answer


def _wants_prometheus(request: Request) -> bool:
    wanted = request.headers.get("accept", "")
    return "json" not in wanted and any(kind in wanted for kind in _PROMETHEUS)
