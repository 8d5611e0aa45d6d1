"""The same numbers for Prometheus, in its text format 0.0.4.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from stac_api.freshness import COUNTED

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, Any], float]

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def prometheus_text(freshness: Mapping[str, Any]) -> str:
    """Write what `stac_api.freshness.read_freshness` says as metrics.

    Ages are not among them: ``time() - tercet_harvest_last_success_timestamp_seconds`` is one.
    """
    return "".join(line for name, meaning, samples in _metrics(freshness) for line in _lines(name, meaning, samples))


def _metrics(freshness: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Sample]]]:
    sources = freshness["sources"]
    products = [
        ({"source": source, "product": product}, said)
        for source, of in sources.items()
        for product, said in of["products"].items()
    ]
    last = [(labels, _seconds(said["last_success"])) for labels, said in products if said["last_success"]]
    yield "tercet_harvest_last_success_timestamp_seconds", "End of the last harvest that was done, Unix time.", last
    started = [(labels, _seconds(said["started"])) for labels, said in products]
    yield "tercet_harvest_last_run_timestamp_seconds", "Start of the last harvest, Unix time.", started
    states = [
        ({**labels, "state": state}, float(said["state"] == state))
        for labels, said in products
        for state in ("running", "done", "failed", "stopped")
    ]
    yield "tercet_harvest_state", "1 for the state that the last harvest is in.", states
    done = [
        ({**labels, "result": name}, float(said["report"][name]))
        for labels, said in products
        for name in COUNTED
        if name in said["report"] and name != "seconds"
    ]
    yield "tercet_harvest_last_run_records", "What the last harvest did, in records and requests.", done
    took = [(labels, float(said["report"]["seconds"])) for labels, said in products if "seconds" in said["report"]]
    yield "tercet_harvest_last_run_duration_seconds", "How long the last harvest took.", took
    waiting = [(labels, float(said["rejects"])) for labels, said in products]
    yield "tercet_rejects", "Records of which no Item could be made, waiting to be tried again.", waiting
    items = [
        ({"source": source, "collection": collection}, float(count))
        for source, of in sources.items()
        for collection, count in of["collections"].items()
    ]
    yield "tercet_items", "Items of a Collection after its last harvest.", items


def _lines(name: str, meaning: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {meaning}\n# TYPE {name} gauge\n"
    for labels, value in samples:
        written = ",".join(f'{label}="{text.translate(_ESCAPES)}"' for label, text in labels.items())
        yield f"{name}{{{written}}} {value:.17g}\n"


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
