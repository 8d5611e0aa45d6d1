"""Positions of a provider, taken as numbers: within the globe, none twice in a row, rings closed."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tercet.errors import RecordError

Position = Sequence[float]
Positions = Sequence[Position] | NDArray[np.float64]

HALF_TURN: Final = 180.0
TURN: Final = 360.0
POLE: Final = 90.0
MIN_RING: Final = 3
PAIR: Final = 2

# a tenth of a millimetre in degrees: digits that arithmetic leaves beyond it, nobody measured
DECIMALS: Final = 9


def checked(positions: Positions) -> NDArray[np.float64]:
    """Positions as an array of shape (n, 2), n >= 1, longitudes in [-180, 180], none twice in a row.

    Raises:
        RecordError: there are none, or one is off the globe or no pair of numbers.
    """
    array = _array(positions)
    absolute = np.abs(array)
    longitude, latitude = absolute.max(axis=0).tolist() if len(array) else (TURN, POLE)
    # written so that NaN fails, too
    if not (len(array) and longitude <= TURN and latitude <= POLE):
        raise RecordError("the footprint has no positions, or one off the globe (latitude beyond ±90°, or no number)")
    if longitude > HALF_TURN:
        beyond = absolute[:, 0] > HALF_TURN
        array[beyond, 0] = np.round((array[beyond, 0] + HALF_TURN) % TURN - HALF_TURN, DECIMALS)
    repeats = array[1:] == array[:-1]
    if len(array) > 1 and repeats.any() and repeats.all(axis=1).any():
        array = array[np.concatenate([[True], ~repeats.all(axis=1)])]
    return array


def closed(positions: Positions) -> NDArray[np.float64]:
    """The same for a ring, whose last position is its first.

    Raises:
        RecordError: as above, or fewer than three different positions.
    """
    ring = checked(positions)
    if len(ring) == 1 or ring[0, 0] != ring[-1, 0] or ring[0, 1] != ring[-1, 1]:
        ring = np.concatenate([ring, ring[:1]])
    if len(ring) <= MIN_RING:
        raise RecordError(f"the footprint's ring has {len(ring) - 1} different position(s), 3 are needed")
    return ring


def _array(positions: Positions) -> NDArray[np.float64]:
    try:
        array = np.array(positions, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim == PAIR and array.shape[1] >= PAIR:
        return array if array.shape[1] == PAIR else np.ascontiguousarray(array[:, :2])
    try:  # some positions with a height, some without
        return np.array([(position[0], position[1]) for position in positions], dtype=np.float64).reshape(-1, 2)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise RecordError(f"the footprint has positions that are not two numbers: {error}") from error
