"""Items whose assets point to the gateway; the upstream address is an alternate of theirs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI

from stac_api.gateway_access import is_loopback
from stac_api.gateway_files import local_path
from tercet.errors import ConfigError
from tercet.fetch.accounts import accounts
from tercet.settings import Settings

Item = dict[str, Any]

UPSTREAM = "upstream"
"""Under which an asset's own address stands among its alternates."""
KEY_SCHEME = "gateway_key"
_SCHEMES: Mapping[str, Any] = {
    KEY_SCHEME: {
        "type": "apiKey",
        "in": "header",
        "name": "X-Api-Key",
        "description": "The key of this catalog's operator",
    }
}
_EXTENSIONS = "https://stac-extensions.github.io"
_ALTERNATE = f"{_EXTENSIONS}/alternate-assets/v1.2.0/schema.json"
_AUTHENTICATION = f"{_EXTENSIONS}/authentication/v1.1.0/schema.json"
_SERVICE = "service"


def include_gateway_hrefs(app: FastAPI, settings: Settings) -> None:
    """Let Items be served with addresses of the gateway, where the settings ask for it.

    Raises:
        ConfigError: they ask for a gateway that they switch off.
    """
    if settings.asset_hrefs != "gateway":
        return
    if settings.gateway == "off":
        raise ConfigError(
            "TERCET_ASSET_HREFS=gateway needs the gateway: set TERCET_GATEWAY=on, or auto for this machine"
        )
    app.state.item_views = (*getattr(app.state, "item_views", ()), GatewayHrefs(app, settings))


class GatewayHrefs:
    """Changes Items as they are served; what is in the catalog stays as it is."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._has_key = settings.gateway_key is not None
        self._beginnings = _beginnings(settings)

    def __call__(self, item: Item, root: str) -> None:
        """Change an Item in place.

        Args:
            item: as much of it as the client chose; what is nested in it may be shared and is not changed.
            root: the API's address, with ``/`` at its end.
        """
        collection, name, assets = item.get("collection"), item.get("id"), item.get("assets")
        if not (collection and name and isinstance(assets, Mapping) and self._is_on()):
            return
        base = f"{root}assets/{quote(collection, safe='')}/{quote(name, safe='')}/"
        changed = {key: self._asset(asset, base + quote(key, safe="")) for key, asset in assets.items()}
        if changed == assets:
            return
        item["assets"] = changed
        extensions = {_ALTERNATE: None} | ({_AUTHENTICATION: None} if self._has_key else {})
        item["stac_extensions"] = list(dict.fromkeys([*item.get("stac_extensions", ()), *extensions]))
        if self._has_key and isinstance(properties := item.get("properties"), Mapping):
            item["properties"] = {**properties, "auth:schemes": {**properties.get("auth:schemes", {}), **_SCHEMES}}

    def _is_on(self) -> bool:
        if self._settings.gateway == "on":
            return True
        return is_loopback(getattr(self._app.state, "listening_on", "localhost"))

    def _asset(self, asset: Any, href: str) -> Any:  # noqa: ANN401 - as it is stored
        if not isinstance(asset, Mapping) or not self._is_ours(asset):
            return asset
        upstream = {"href": asset["href"], "alternate:name": asset.get("alternate:name", "Upstream")}
        if "auth:refs" in asset:
            upstream["auth:refs"] = asset["auth:refs"]
        rest = {name: value for name, value in asset.items() if name != "auth:refs"}
        return {
            **rest,
            "href": href,
            "alternate:name": "Gateway",
            "alternate": {UPSTREAM: upstream, **asset.get("alternate", {})},
            **({"auth:refs": [KEY_SCHEME]} if self._has_key else {}),
        }

    def _is_ours(self, asset: Mapping[str, Any]) -> bool:
        href = asset.get("href")
        if not isinstance(href, str) or _SERVICE in (asset.get("roles") or ()):
            return False
        path = local_path(href)
        return href.startswith(self._beginnings) if path is None else _is_in(path, self._settings.gateway_roots)


def _beginnings(settings: Settings) -> tuple[str, ...]:
    return tuple(prefix for account in accounts(settings) for place in account.places for prefix in place.prefixes)


def _is_in(path: str, roots: Sequence[Path]) -> bool:
    """Whether a path looks as if it were below a folder; whether it is, the gateway finds out."""
    return any(Path(path).is_relative_to(root) for root in roots)
