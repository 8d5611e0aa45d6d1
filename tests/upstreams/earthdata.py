"""A fake of NASA's Earthdata Cloud: a distribution that signs, a login on another host, and storage on a third.

Rules: the distribution takes bearer tokens, sends whom it does not know to the login, answers 403 with the login's
words to an account without the archive's approval, and redirects the rest to storage with a signature; storage
opens to a signature that has not expired, and to nothing else; the login has a token for a name and a password.
"""

import base64
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.upstreams.stored import Stored

APPROVAL = "https://urs.earthdata.nasa.gov/approve_app?client_id=BO_n7nTIlMljdvU6kRRB3g"


@dataclass
class Earthdata:
    """What the three know; a test may change it.

    Attributes:
        files: by their paths, without the first slash.
        tokens: that the distribution takes.
        accounts: passwords by user name.
        storage: root of the storage.
        login: root of the login.
        unapproved: whether the account lacks the approval.
        lives_s: how long a signature is good for.
        seen: what came with requests to storage of headers that are secrets.
        signed: how many signatures were made.
        exchanged: how often the login was asked.
    """

    files: dict[str, Stored] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    accounts: dict[str, str] = field(default_factory=dict)
    storage: str = ""
    login: str = ""
    unapproved: bool = False
    lives_s: int = 3600
    seen: list[str] = field(default_factory=list)
    signed: int = 0
    valid: set[str] = field(default_factory=set)
    exchanged: int = 0

    def distribution_app(self) -> ASGIApp:
        return Starlette(routes=[Route("/{path:path}", self.distribute)])

    def storage_app(self) -> ASGIApp:
        return Starlette(routes=[Route("/{path:path}", self.store)])

    def login_app(self) -> ASGIApp:
        return Starlette(routes=[Route("/api/users/find_or_create_token", self.exchange, methods=["POST"])])

    async def distribute(self, request: Request) -> Response:
        path = request.path_params["path"]
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return RedirectResponse(f"{self.login}/oauth/authorize?client_id=x&state=/{path}", 302)
        if self.unapproved:
            said = {"error": "access_denied", "error_description": "EULA Acceptance Failure"}
            return JSONResponse({**said, "resolution_url": APPROVAL}, 403)
        if path not in self.files:
            return Response("<html>NoSuchKey</html>", 404, media_type="text/html")
        self.signed += 1
        self.valid = {f"s{self.signed}"}
        return RedirectResponse(
            f"{self.storage}/{path}?A-userid=me&X-Amz-Signature=s{self.signed}&X-Amz-Expires={self.lives_s}", 303
        )

    async def store(self, request: Request) -> Response:
        self.seen += [request.headers[name] for name in ("Authorization", "Cookie") if name in request.headers]
        if request.method != "GET" or request.query_params.get("X-Amz-Signature") not in self.valid:
            return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        return self.files[request.path_params["path"]].answer(request)

    async def exchange(self, request: Request) -> Response:
        self.exchanged += 1
        name, _, password = (
            base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
        )
        if self.accounts.get(name) != password:
            return JSONResponse({"error": "invalid_credentials"}, 401)
        token = f"edl-{self.exchanged}"
        self.tokens.add(token)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expiration_date": "12/31/2099"})
