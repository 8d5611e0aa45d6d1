"""What plumes and scenes can be filtered or sorted by, as columns: archives of any size, made by index and seed."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

FIRST = datetime(2022, 11, 10, tzinfo=UTC)
LAST = datetime(2026, 10, 31, tzinfo=UTC)
PLUMES_PER_SCENE = 3

INSTRUMENTS = ("tan", "emi", "GAO", "av3", "ang")
SHARES = (0.4, 0.25, 0.2, 0.05, 0.1)
STATIC_FILTER = (False, False, True, False, True)
"""Whose plumes are found with the filter `mf`, in the order of the instruments."""
SECTORS = ("1B2", "6A", "1B1a", "4B", "1A1", "6B", "other", None)
# longitude, latitude of places where plumes are seen; two lie beside the antimeridian, one far north
PLACES = np.array(
    [
        (-103.4, 32.1),
        (54.1, 39.5),
        (6.0, 31.8),
        (77.2, 28.7),
        (18.6, 50.1),
        (112.6, 37.8),
        (-70.9, -33.5),
        (-69.2, -46.4),
        (179.7, -16.6),
        (-179.7, 66.3),
        (70.9, 71.3),
        (28.2, -25.9),
    ]
)
# first day of acquisition, emission version, version of the pictures, software
VERSIONS: tuple[tuple[datetime, str, str, str | None], ...] = (
    (datetime(2000, 1, 1, tzinfo=UTC), "v1", "v002", None),
    (datetime(2024, 10, 1, tzinfo=UTC), "v3", "v3", "3.18.1"),
    (datetime(2025, 10, 15, tzinfo=UTC), "v3a", "v3a", "3.44.0"),
    (datetime(2025, 12, 1, tzinfo=UTC), "v3b", "v3b", "3.49.2"),
    (datetime(2026, 1, 1, tzinfo=UTC), "v3c", "v3c", "3.63.0"),
    (datetime(2026, 3, 15, tzinfo=UTC), "v3d", "v3d", "3.80.0"),
    (datetime(2026, 6, 1, tzinfo=UTC), "v3e", "v3e", "3.99.0"),
)
DAY_MS = 86_400_000

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Columns:
    """One row a plume in order of publication; times are epoch milliseconds.

    Attributes:
        crop: degrees that its picture reaches west, south, east and north of it.
        wind: m/s and degrees.
        version: index into `VERSIONS`, by the time of acquisition.
        place: index into `PLACES`.
    """

    instrument: Ints
    longitude: Floats
    latitude: Floats
    acquired: Ints
    published: Ints
    sector: Ints
    is_co2: Bools
    emission: Floats
    crop: Floats
    wind: Floats
    version: Ints
    place: Ints


def columns(count: int, seed: int, spacing_s: float) -> Columns:
    """The columns of so many plumes; more plumes leave the first ones as they are."""
    scenes = -(-count // PLUMES_PER_SCENE)
    # a block of its own for each kind of number
    places, instruments, jitter, sectors, delays, gases, emissions, crops, winds = (
        np.random.default_rng((seed, column)).random((size, width))
        for column, (size, width) in enumerate(
            [
                (scenes, 2),
                (scenes, 2),
                (count, 2),
                (scenes, 2),
                (scenes, 2),
                (scenes, 2),
                (count, 2),
                (count, 4),
                (count, 2),
            ]
        )
    )
    instrument = np.searchsorted(np.cumsum(SHARES), instruments[:, 0]).clip(0, len(SHARES) - 1)
    scene_of = np.arange(count) // PLUMES_PER_SCENE
    place = (places[:, 0] * len(PLACES)).astype(int)[scene_of]
    # days from acquisition to publication; constant where a name has nothing but its time to tell it from others
    wait = np.select(
        [instrument == 0, instrument == 1, instrument == 2, instrument == 3],
        [30, 6 + (delays[:, 0] * 700).astype(int), 47 + (delays[:, 0] * 150).astype(int), 90],
        1500,
    )
    start = int(FIRST.timestamp() * 1000)
    at_scene = start + (np.arange(scenes) * spacing_s).astype(np.int64) * 1000
    acquired = (at_scene - wait * DAY_MS)[scene_of]
    since = [int(version[0].timestamp() * 1000) for version in VERSIONS]
    return Columns(
        instrument=instrument[scene_of],
        longitude=PLACES[place, 0] + (jitter[:, 0] - 0.5) * 0.4,
        latitude=PLACES[place, 1] + (jitter[:, 1] - 0.5) * 0.4,
        acquired=acquired,
        published=at_scene[scene_of] + np.arange(count) % PLUMES_PER_SCENE * 214 + 37,
        sector=(sectors[:, 0] * len(SECTORS)).astype(int)[scene_of],
        is_co2=gases[scene_of, 0] < 0.1,
        emission=np.exp(6.5 + 1.2 * (emissions[:, 0] * 2 - 1)),
        crop=0.002 + crops * 0.038,
        wind=winds * (8.5, 360.0) + (0.5, 0.0),
        version=np.searchsorted(since, acquired, side="right") - 1,
        place=place,
    )
