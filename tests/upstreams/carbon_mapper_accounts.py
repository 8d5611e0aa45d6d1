"""Logging in at the fake: a pair of tokens for e-mail and password, and a new pair for the second of them."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.upstreams.carbon_mapper_archive import Archive
from tests.upstreams.carbon_mapper_requests import RefusedError, json


class Accounts:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def routes(self, at: str) -> list[Route]:
        return [
            Route(f"{at}/token/pair", self.pair, methods=["POST"]),
            Route(f"{at}/token/refresh", self.refresh, methods=["POST"]),
        ]

    async def pair(self, request: Request) -> Response:
        form = orjson.loads(await request.body())
        if self._archive.accounts.get(form.get("email")) != form.get("password"):
            raise RefusedError(401, {"detail": "No active account found with the given credentials"})
        return json({**self._new_tokens(), "groups": "Public", "permissions": []})

    async def refresh(self, request: Request) -> Response:
        token = orjson.loads(await request.body()).get("refresh", "")
        if not token.startswith("refresh-") or token not in self._archive.tokens:
            raise RefusedError(401, {"detail": "Token is invalid or expired"})
        tokens: dict[str, Any] = self._new_tokens()
        if self._archive.habits.null_access:
            self._archive.habits.null_access -= 1
            tokens["access"] = None
        return json(tokens)

    def _new_tokens(self) -> dict[str, str]:
        number = len(self._archive.tokens)
        access, refresh = f"access-{number}", f"refresh-{number}"
        self._archive.tokens |= {access: self._archive.token_lifetime, refresh: 1}
        return {"access": access, "refresh": refresh}
