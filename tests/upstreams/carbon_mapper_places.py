"""The fake's lists of scenes and of sources, which are clusters of plumes of a gas and sector."""

from collections import defaultdict
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.upstreams.carbon_mapper_archive import INSTRUMENTS, Archive
from tests.upstreams.carbon_mapper_columns import PLACES, PLUMES_PER_SCENE, SECTORS
from tests.upstreams.carbon_mapper_features import Scene
from tests.upstreams.carbon_mapper_holdings import EMPTY
from tests.upstreams.carbon_mapper_plume import LABELS, Plume, milliseconds
from tests.upstreams.carbon_mapper_plumes import in_rest
from tests.upstreams.carbon_mapper_requests import (
    RefusedError,
    UnknownValueError,
    among,
    box_in,
    check_token,
    in_box,
    json,
    query_of,
    whole,
    within,
)

DEFAULT_LIMIT = 100


class Places:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def routes(self, at: str) -> list[Route]:
        return [
            Route(f"{at}/catalog/scenes/annotated", self.scenes),
            Route(f"{at}/catalog/sources.geojson", self.sources),
            Route(f"{at}/catalog/source/plume/name/{{plume}}", self.source_of),
            Route(f"{at}/catalog/source/{{name}}", self.source),
        ]

    async def scenes(self, request: Request) -> Response:
        """Newest first, and nobody promised that."""
        check_token(request, self._archive)
        query, columns = query_of(request, self._archive), self._archive.columns
        limit, offset = (
            whole(query, "limit", DEFAULT_LIMIT, 1, self._archive.habits.most_scenes),
            whole(query, "offset", 0, 0, None),
        )
        numbers = np.arange(2 * -(-self._archive.count // PLUMES_PER_SCENE))
        first = numbers // 2 * PLUMES_PER_SCENE
        try:
            chosen = np.ones(len(numbers), dtype=bool) & among(
                query.getlist("instrument"), INSTRUMENTS, columns.instrument[first]
            )
        except UnknownValueError:
            return json({"items": []})
        chosen &= within(query.get("datetime"), columns.acquired[first] + numbers % 2 * EMPTY, "datetime")
        chosen &= in_box(box_in(query.getlist("bbox")), columns.longitude[first], columns.latitude[first])
        found = np.flatnonzero(chosen)[::-1]
        return json({"items": [self._scene(int(n)) for n in found[offset : offset + limit]], "count": len(found)})

    async def sources(self, request: Request) -> Response:
        check_token(request, self._archive)
        query = query_of(request, self._archive)
        clusters = self._clusters()
        box = box_in(query.getlist("bbox")) if self._archive.habits.heeds_bbox else None
        features = [self._feature(number, key, members) for number, (key, members) in enumerate(clusters.items())]
        if box:
            # a box cuts a cluster, and what is left of it is another cluster
            features = [
                feature for feature in features if in_box(box, *map(np.array, feature["geometry"]["coordinates"]))
            ]
        return json({"type": "FeatureCollection", "features": features})

    async def source(self, request: Request) -> Response:
        check_token(request, self._archive)
        return json(self._nested(lambda feature: feature["properties"]["source_name"] == request.path_params["name"]))

    async def source_of(self, request: Request) -> Response:
        check_token(request, self._archive)
        plume = request.path_params["plume"]
        index = self._archive.index_of(plume)
        if index is not None and index % 97 == 96:  # such a plume belongs to no source
            return json(self._archive.record(index))
        return json(self._nested(lambda feature: plume in feature["properties"]["plume_ids"]))

    def _scene(self, number: int) -> dict[str, Any]:
        scene = Scene(self._archive, number)
        return {
            "id": scene.id,
            "name": scene.name,
            "bounds": scene.bounds,
            "timestamp": scene.timestamp,
            "published_at": milliseconds(scene.published),
            "platform": LABELS[scene.instrument][0],
            "instrument": scene.instrument,
            "mission_phase": "production",
            "cloud_cover_pct": float(number % 100),
            "cloud_cover_pct_assessed": None,
            "not_cloudy": number % 100 < 50,
            "area_sqkm": 4356.0,
            "gsd": 59.1,
            "published_plume_count": 0 if number % 2 else PLUMES_PER_SCENE,
        }

    def _clusters(self) -> dict[tuple[int, str, str | None], list[int]]:
        columns, found = self._archive.columns, defaultdict(list)
        for index in np.flatnonzero(in_rest(self._archive)).tolist():
            gas = "CO2" if columns.is_co2[index] else "CH4"
            found[int(columns.place[index]), gas, SECTORS[columns.sector[index]]].append(index)
        return found

    def _feature(self, number: int, key: tuple[int, str, str | None], members: list[int]) -> dict[str, Any]:
        (place, gas, sector), plumes = key, [Plume(self._archive, index) for index in members]
        longitude, latitude = (float(degrees) + self._archive.clustering * 1e-4 for degrees in PLACES[place])
        days = sorted({plume.acquired.date().isoformat() for plume in plumes})
        rates = [plume.rate[0] for plume in plumes if plume.rate[0] is not None]
        observed = 2 * len(days)
        mean = sum(rates) / len(rates) if rates else None
        published = sorted(plume.published.date().isoformat() for plume in plumes)
        return {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
            "id": number,
            "properties": {
                "source_name": f"{gas}_{sector or 'NA'}_100m_{longitude:.5f}_{latitude:.5f}",
                "gas": gas,
                "sector": sector or "NA",
                "plume_count": len(plumes),
                "plume_ids": [plume.plume_id for plume in plumes],
                "observation_scenes_names": sorted({plume.scene_name for plume in plumes}),
                "persistence": len(days) / observed,
                "emission_auto": mean * len(days) / observed if mean is not None else None,
                "emission_uncertainty_auto": 1.0,
                "timestamp_min": days[0],
                "timestamp_max": days[-1],
                "published_at_min": published[0],
                "published_at_max": published[-1],
                "detection_date_count": len(days),
                "observation_date_count": observed,
                "date_count": len(days),
            },
        }

    def _nested(self, is_meant: Any) -> dict[str, Any]:
        for number, (key, members) in enumerate(self._clusters().items()):
            feature = self._feature(number, key, members)
            if is_meant(feature):
                return self._with_plumes(feature, members)
        raise RefusedError(404, {"detail": "Not Found"})

    def _with_plumes(self, feature: dict[str, Any], members: list[int]) -> dict[str, Any]:
        said = feature["properties"]
        scenes = [
            Scene(self._archive, 2 * number) for number in sorted({index // PLUMES_PER_SCENE for index in members})
        ]
        days = sorted({scene.timestamp[:10] for scene in scenes})
        return {
            "plumes": [self._archive.record(index) for index in members],
            "scenes": [
                {"id": one.id, "name": one.name, "timestamp": one.timestamp, "instrument": one.instrument}
                for one in scenes
            ],
            "point": feature["geometry"],
            "source_name": said["source_name"],
            "source": {
                name: said[name]
                for name in ("gas", "sector", "persistence", "emission_auto", "emission_uncertainty_auto")
            },
            "observation_dates": days,
            "detection_dates": days,
            "explanation": None,
        }
