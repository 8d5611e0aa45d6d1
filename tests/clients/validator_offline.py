"""stac-api-validator without a network: the schemas that it downloads come from disk.

Run by the Python of the validator's own environment, which has nothing of ours; the words are the validator's.
Where the extensions' schemas are not at hand, documents are checked against core STAC, and standard error says so.
"""

import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pystac.validation
import requests
from stac_api_validator.__main__ import main  # type: ignore[import-not-found]  # this runs elsewhere

_PYSTAC = Path(pystac.validation.__file__).parent / "jsonschemas"
_SHARED = Path(__file__).parents[2] / "../shared/stac-schemas"
_LOOPBACK = "127.0.0.1"


def _schema(host: str, path: str) -> bytes | None:
    """The schema of an address; None for an address that is none."""
    if host == "schemas.stacspec.org" and path.startswith("/v1.1.0/"):
        file = _PYSTAC / "stac-spec/v1.1.0" / Path(path).name  # which has the core's in one folder
    elif host == "schemas.stacspec.org":
        file = _SHARED / "_core" / path.lstrip("/")
    elif host == "geojson.org":
        file = _PYSTAC / "geojson" / Path(path).name
    elif host == "stac-extensions.github.io":
        file = _SHARED / path.lstrip("/")
    else:
        return None
    return file.read_bytes() if file.is_file() else _accept_everything(host + path)


def _accept_everything(address: str) -> bytes:
    sys.stderr.write(f"not at hand, so nothing is checked against it: {address}\n")
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", "$id": f"https://{address}"}).encode()


_send = requests.adapters.HTTPAdapter.send


def _send_offline(self: Any, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
    address = urlsplit(str(request.url))
    if address.hostname == _LOOPBACK:
        return _send(self, request, **kwargs)
    content = _schema(str(address.hostname), address.path)
    if content is None:
        raise requests.ConnectionError(f"tests do not leave this machine: {request.url}")
    answer = requests.Response()
    answer.status_code, answer._content = 200, content
    answer.headers["content-type"] = "application/json"
    answer.request, answer.url = request, str(request.url)
    return answer


if __name__ == "__main__":
    with patch.object(requests.adapters.HTTPAdapter, "send", _send_offline):
        main()
