"""A part of a large swath: the same pixels as from the whole, of which few lines are read."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tercet.readers import earthcare
from tercet.readers.earthcare import EarthcareReader
from tercet.readers.hdf5 import Wanted
from tercet.readers.hdf5.local import LocalHdf5, open_local
from tests.tercet.readers import earthcare_products as products
from tests.upstreams.earthcare_orbit import Frame

SHAPE = products.Shape(along=2400, across=8)
FRAMES = {"tropics": Frame(4366, 4), "pole": Frame(4366, 2), "antimeridian": Frame(4405, 4), "night": Frame(4366, 0)}


class Counting(LocalHdf5):
    """A file that counts the lines of latitudes that are read."""

    lines = 0

    def read(self, wanted: Any, soon: Any = ()) -> Any:
        read = super().read(wanted, soon)
        self.lines += sum(len(one) for one, part in zip(read, wanted, strict=True) if part.path.endswith("latitude"))
        return read


@pytest.fixture(scope="module")
def swaths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("swaths")
    return {name: products.write(folder, "MSI_COP_2A", frame, SHAPE) for name, frame in FRAMES.items()}


def counted(path: Path) -> tuple[EarthcareReader, Counting]:
    plain = open_local(path)
    file = Counting(plain._file, str(path))
    return earthcare.reader(file), file


def areas(longitude: Any, latitude: Any) -> list[dict[str, Any]]:
    """Boxes, a polygon and a radius around places of the swath, and beside it."""
    found: list[dict[str, Any]] = []
    random = np.random.default_rng(8)
    for line in random.integers(0, latitude.shape[0], 6):
        east, north = float(longitude[line, 4]), float(latitude[line, 4])
        wide = 3.0 / max(np.cos(np.radians(north)), 0.1)
        west, right = ((one + 180) % 360 - 180 for one in (east - wide, east + wide))
        south, top = max(north - 2, -90), min(north + 1.5, 90)
        found.append({"bbox": (west, south, right, top)})
        found.append({"bbox": ((east + 120) % 360 - 180, south, (east + 121) % 360 - 180, top)})
    return found


@pytest.mark.parametrize("where", FRAMES)
def test_a_part_holds_the_pixels_that_the_whole_has_there(swaths: dict[str, Path], where: str) -> None:
    whole, _ = counted(swaths[where])
    places = whole.dataset("cloud_top_height")
    longitude, latitude = places.longitude.values, places.latitude.values
    assert places.sizes["along_track"] == 2400
    for area in areas(longitude, latitude):
        reader, file = counted(swaths[where])
        part = reader.dataset("cloud_top_height", **area)
        west, south, east, north = area["bbox"]
        inside = (latitude >= south) & (latitude <= north)
        inside &= (
            (longitude >= west) & (longitude <= east) if west <= east else (longitude >= west) | (longitude <= east)
        )
        assert int(np.isfinite(part.cloud_top_height).sum()) == int(inside.sum())
        assert np.isin(part.time.values, places.time.values[inside.any(axis=1)]).all()
        assert file.lines < 800 or where == "pole", "few lines are read"
        reader.close()
    whole.close()


def test_a_radius_and_a_time_cut_together(swaths: dict[str, Path]) -> None:
    whole, _ = counted(swaths["tropics"])
    places = whole.dataset("cloud_top_height")
    latitude, longitude = float(places.latitude[1200, 4]), float(places.longitude[1200, 4])
    reader, file = counted(swaths["tropics"])
    near = reader.near(latitude, longitude, 60, "cloud_top_height", time=(places.time.values[1200], None))
    assert near.time.values[0] >= places.time.values[1200]
    expected = whole.near(latitude, longitude, 60, "cloud_top_height", time=(places.time.values[1200], None))
    assert near.equals(expected)
    assert file.lines < 300
    for one in (whole, reader):
        one.close()


def test_places_are_not_read_for_a_time(swaths: dict[str, Path]) -> None:
    reader, file = counted(swaths["tropics"])
    part = reader.dataset("cloud_top_height", time=("2025-03-05T13:50:00Z", "2025-03-05T13:50:30Z"))
    assert 80 < part.sizes["along_track"] < 120
    assert file.lines == part.sizes["along_track"]
    reader.close()


def test_times_that_go_back_are_no_guide(tmp_path: Path) -> None:
    import h5py  # noqa: PLC0415 - one test edits a file

    path = products.write(tmp_path, "MSI_COP_2A", shape=SHAPE)
    with h5py.File(path, "a") as file:
        file["ScienceData/time"][100] = file["ScienceData/time"][50]
    reader, counting = counted(path)
    part = reader.dataset("cloud_top_height", bbox=(-180, 0, 180, 1))
    assert part.latitude.size
    assert counting.lines >= 2400, "all places are read"
    reader.close()


def test_the_protocol_allows_one_array_in_several_parts(swaths: dict[str, Path]) -> None:
    file = open_local(swaths["tropics"])
    first, second = file.read([Wanted("ScienceData/time", (slice(0, 2),)), Wanted("ScienceData/time", (slice(2, 3),))])
    assert (first.size, second.size) == (2, 1)
    file.close()
