"""Items whose assets point to the gateway; the upstream address is an alternate of theirs."""

from collections.abc import Mapping
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


class Served:
    """Which assets the gateway serves, and under which address."""

    def __init__(self, settings: Settings) -> None:
        self._roots = settings.gateway_roots
        self._beginnings = tuple(
            prefix for account in accounts(settings) for place in account.places for prefix in place.prefixes
        )

    def __contains__(self, asset: object) -> bool:
        """Whether it is a file at a provider, or below the operator's folders; a service is none."""
        if not isinstance(asset, Mapping) or _SERVICE in (asset.get("roles") or ()):
            return False
        href = asset.get("href")
        path = local_path(href) if isinstance(href, str) else None
        if path is None:
            return isinstance(href, str) and href.startswith(self._beginnings)
        # whether it is below them with all links followed, the gateway finds out
        return any(Path(path).is_relative_to(root) for root in self._roots)


def gateway_href(root: str, collection: str, item: str, key: str) -> str:
    """The address of an asset at the gateway.

    Args:
        root: the API's address, with ``/`` at its end.
        collection: its id.
        item: its id.
        key: of the asset.
    """
    return f"{root}assets/{quote(collection, safe='')}/{quote(item, safe='')}/{quote(key, safe='')}"


class GatewayHrefs:
    """Changes Items as they are served; what is in the catalog stays as it is."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._has_key = settings.gateway_key is not None
        self._served = Served(settings)

    def __call__(self, item: Item, root: str) -> None:
        """Change an Item in place.

        Args:
            item: as much of it as the client chose; what is nested in it may be shared and is not changed.
            root: the API's address, with ``/`` at its end.
        """
        collection, name, assets = item.get("collection"), item.get("id"), item.get("assets")
        if not (collection and name and isinstance(assets, Mapping) and self._is_on()):
            return
        served = {key for key, asset in assets.items() if asset in self._served}
        if not served:
            return
        item["assets"] = {
            key: self._asset(asset, gateway_href(root, collection, name, key)) if key in served else asset
            for key, asset in assets.items()
        }
        extensions = {_ALTERNATE: None} | ({_AUTHENTICATION: None} if self._has_key else {})
        item["stac_extensions"] = list(dict.fromkeys([*item.get("stac_extensions", ()), *extensions]))
        if self._has_key and isinstance(properties := item.get("properties"), Mapping):
            item["properties"] = {**properties, "auth:schemes": {**properties.get("auth:schemes", {}), **_SCHEMES}}

    def _is_on(self) -> bool:
        if self._settings.gateway == "on":
            return True
        return is_loopback(getattr(self._app.state, "listening_on", "localhost"))

    def _asset(self, asset: Mapping[str, Any], href: str) -> dict[str, Any]:
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
