"""docs/serving.md says what is served."""

from pathlib import Path

import httpx2
import pytest

from stac_api import conditions, filters, free_text, limits
from stac_api.metrics import prometheus_text

pytestmark = [pytest.mark.database, pytest.mark.checkout]

PAGE = (Path(__file__).parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")


def test_every_path_is_there(api: httpx2.Client) -> None:
    assert [path for path in api.get("/api").json()["paths"] if f"`{path}`" not in PAGE] == []


def test_every_metric_is_there() -> None:
    lines = prometheus_text({"sources": {}}).splitlines()
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert names
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_the_limits_are_those_that_hold() -> None:
    for words in (
        f"{limits.BODY_LIMIT:,} bytes",
        f"{filters.FILTER_LENGTH:,} characters as text, {filters.FILTER_NODES} operators",
        f"{filters.JSON_DEPTH // 2} levels",
        f"{free_text.TERMS} terms of {free_text.TERM_LENGTH} characters",
        f"{conditions.SORTS} properties",
    ):
        assert words in PAGE, words
