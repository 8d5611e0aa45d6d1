"""The OpenAPI document: valid, in our words, and no request that it allows, or forbids, ends with a fault of ours."""

from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def document(api: httpx2.Client) -> dict[str, Any]:
    answer = api.get("/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_and_parameter_says_what_it_is(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["description"] not in {"", "Endpoint."}, name
        assert "422" not in operation["responses"], name
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (name, parameter)
            assert "examples" not in parameter, (name, parameter)


def test_nothing_of_other_catalogs_is_an_example(document: dict[str, Any]) -> None:
    text = str(document).lower()
    assert not [word for word in ("landsat", "cloud_cover", "montreal", "item1", "'conf'") if word in text]


def test_names_are_unique_and_references_lead_somewhere(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))
    schemas = document["components"]["schemas"]
    assert {href.rpartition("/")[2] for href in references(document)} <= schemas.keys()


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [href for value in node.values() for href in references(value)]
    return [href for value in node for href in references(value)] if isinstance(node, list) else []


def test_examples_are_answered(api: httpx2.Client, document: dict[str, Any]) -> None:
    search = document["paths"]["/search"]
    examples = {one["name"]: one["example"] for one in search["get"]["parameters"] if "example" in one}
    with_box = {name: value for name, value in examples.items() if name not in {"intersects", "filter", "query"}}
    assert api.get("/search", params=with_box).status_code == 200
    for name in ("intersects", "filter", "query"):
        assert api.get("/search", params={name: examples[name]}).status_code == 200, name
    body = search["post"]["requestBody"]["content"]["application/json"]["example"]
    assert api.post("/search", json=body).status_code == 200


@pytest.mark.filterwarnings("ignore::UserWarning:geojson_pydantic")  # of geometries that are odd, and allowed
@pytest.mark.parametrize(("mode", "least"), [(GenerationMode.POSITIVE, 17), (GenerationMode.NEGATIVE, 4)], ids=str)
def test_no_request_ends_with_a_fault_of_ours(
    api: httpx2.Client, document: dict[str, Any], mode: GenerationMode, least: int
) -> None:
    schema = schemathesis.openapi.from_dict(document)
    schema.validate()
    tried = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    assert len(tried) == len(operations(document))
    # the gateway is tried with a provider behind it, in its own tests
    own = [one for one in tried if not one.path.startswith("/assets/")]
    assert sum(ask(str(api.base_url), one, mode) for one in own) >= least


def ask(url: str, operation: Any, mode: GenerationMode) -> bool:
    """Ask as the document allows, or forbids; False where there is no such request."""

    @settings(
        max_examples=20 if operation.definition.raw.keys() & {"parameters", "requestBody"} else 1,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def is_answered(case: Any) -> None:
        answer = case.call(base_url=url)
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)

    try:
        is_answered()
    except Unsatisfiable:
        return False
    return True
