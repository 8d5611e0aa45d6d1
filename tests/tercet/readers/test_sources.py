"""Sources: a row for each plume, statistics, and the timeline."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import tercet.readers
from tercet.readers.carbon_mapper.sources import SourceReader
from tests.tercet.readers.carbon_mapper_rasters import PLUME, SCENE
from tests.upstreams.server import serve


def test_a_source_is_its_plumes_over_time() -> None:
    plumes = [
        {"plume_id": f"{SCENE}-{part}", "scene_timestamp": when, "instrument": instrument, "emission_auto": rate,
         "emission_uncertainty_auto": 20.0, "geometry_json": {"type": "Point", "coordinates": [45.9, 15.5]}}
        for part, when, instrument, rate in (
            ("B", "2026-03-01T10:00:00.500Z", "tan", 300.0),
            ("A", "2026-01-02T03:04:05.060Z", "tan", 100.0),
            ("C", "2026-03-01T12:00:00Z", "GAO", None),
        )
    ]  # fmt: skip
    record = {"plumes": plumes, "source": {"persistence": 0.25, "emission_auto": 50.0, "sector": "1B2"}}
    said = {
        "type": "Feature",
        "id": "CH4_1B2_100m_45.90000_15.50000",
        "collection": "carbon-mapper-sources",
        "properties": {"product:type": "source"},
    }

    async def answer(_: Request) -> Response:
        return JSONResponse(record)

    with serve(Starlette(routes=[Route("/source", answer)])) as url:
        reader = tercet.readers.open({**said, "assets": {"metadata": {"href": f"{url}/source"}}})
        assert isinstance(reader, SourceReader)
        rows = reader.table()
        assert list(rows["plume_id"].str[-1]) == ["A", "B", "C"]
        assert str(rows["time"].iloc[1]) == "2026-03-01 10:00:00.500000"
        assert len(reader.table(time=("2026-02-01", "2026-03-01T11:00:00Z"))) == 1
        found = reader.statistics()
        assert (found["detections"], found["with_emission"], found["days"]) == (3, 2, 2)
        assert (found["first"], found["last"], found["persistence"]) == ("2026-01-02", "2026-03-01", 0.25)
        assert found["emission"]["mean"] == 200.0
        assert found["instruments"] == {"tan": 2, "GAO": 1}
        assert reader.dataset("emission")["emission"].attrs["units"] == "kg/h"
        assert reader.plot().axes[0].get_ylabel() == "Emission rate (kg/h)"


def test_a_sources_own_record_is_not_fetched_again() -> None:
    plume = {
        "plume_id": PLUME,
        "scene_timestamp": "2026-01-02T03:04:05.060Z",
        "instrument": "tan",
        "emission_auto": 100.0,
        "geometry_json": {"type": "Point", "coordinates": [45.9, 15.5]},
    }
    record = {
        "source_name": "CH4_1B2_100m_45.90000_15.50000",
        "point": {"type": "Point", "coordinates": [45.9, 15.5]},
        "source": {"gas": "CH4", "sector": "1B2", "persistence": 0.5, "emission_auto": 50.0},
        "plumes": [plume],
        "scenes": [],
    }
    reader = tercet.readers.open(record)
    assert isinstance(reader, SourceReader)
    assert reader.statistics()["detections"] == 1
    feature = {
        "type": "Feature",
        "geometry": record["point"],
        "properties": {"source_name": record["source_name"], "plume_ids": [PLUME]},
    }
    found = tercet.readers.open(feature)
    assert isinstance(found, SourceReader)
    assert list(found.files) == ["metadata"]
