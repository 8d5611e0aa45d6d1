"""The login of ESA's MAAP: offline tokens for access tokens, and files that only these open."""

import base64
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.upstreams.stored import Stored

CLIENT_ID, CLIENT_SECRET = "offline-token", "printed-for-everybody"
TOKEN_PATH = "/realms/esa-maap/protocol/openid-connect/token"


def jwt(**claims: object) -> str:
    """A token with such claims, signed by nobody."""
    parts = (orjson.dumps(part) for part in ({"alg": "none"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "unsigned"])


def offline_token(left: timedelta = timedelta(days=80)) -> str:
    """An offline token that lives so long."""
    return jwt(typ="Offline", jti=uuid.uuid4().hex, exp=int((datetime.now(UTC) + left).timestamp()))


@dataclass(slots=True)
class Login:
    """Who may read files.

    Attributes:
        offline: the offline tokens that are taken.
        lifetime_s: of an access token; None does not say it.
        exchanges: how often one was made.
        access: the access tokens that open files.
        forbidden: files that this account may not read, or that are not there: both are a 403.
        opened: the paths of files that were read.
        seen: the tokens that came with any request, by path.
        files: those with contents, by path.
    """

    offline: set[str] = field(default_factory=set)
    lifetime_s: int | None = 36_000
    exchanges: int = 0
    access: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    opened: list[str] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, Stored] = field(default_factory=dict)

    def revoke(self) -> None:
        """End all access tokens."""
        self.access.clear()

    async def exchange(self, request: Request) -> Response:
        """The token endpoint: Keycloak, form-encoded."""
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "refresh_token":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "unauthorized_client", "error_description": "Invalid client secret"}, 401)
        if form.get("refresh_token") not in self.offline:
            said = f"Token {form.get('refresh_token')} is not active"
            return JSONResponse({"error": "invalid_grant", "error_description": said}, 400)
        self.exchanges += 1
        token = f"access-{self.exchanges}"
        self.access.add(token)
        lasts = {} if self.lifetime_s is None else {"expires_in": self.lifetime_s}
        return JSONResponse({"access_token": token, **lasts, "refresh_expires_in": 0, "token_type": "Bearer"})

    async def file(self, request: Request) -> Response:
        """What lies below /data/: pictures are open to all, files are not."""
        path = request.url.path
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.seen.append((path, token))
        if "/public/" not in path:
            if token not in self.access:
                return JSONResponse({"error": "invalid_token"}, 401)
            if path in self.forbidden:
                return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        self.opened.append(path)
        if path in self.files:
            return await self.files[path].answer(request)
        return JSONResponse({"file": path})
