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

from tests.upstreams.stored import Storage

APPROVAL = "https://urs.earthdata.nasa.gov/approve_app?client_id=BO_n7nTIlMljdvU6kRRB3g"


@dataclass
class Earthdata:
    """What the three know; a test may change it.

    Attributes:
        storage: where the files are.
        tokens: that the distribution takes.
        accounts: passwords by user name.
        login: root of the login.
        unapproved: whether the account lacks the approval.
        exchanged: how often the login was asked.
    """

    storage: Storage = field(default_factory=Storage)
    tokens: set[str] = field(default_factory=set)
    accounts: dict[str, str] = field(default_factory=dict)
    login: str = ""
    unapproved: bool = False
    exchanged: int = 0

    def distribution_app(self) -> ASGIApp:
        return Starlette(routes=[Route("/{path:path}", self.distribute)])

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
        if path not in self.storage.files:
            return Response("<html>NoSuchKey</html>", 404, media_type="text/html")
        return self.storage.sign(path)

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
