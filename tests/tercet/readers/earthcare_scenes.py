"""Generated EarthCARE scenes that look like weather, for the pictures in the documents: nothing was measured.

``python -m tests.tercet.readers.earthcare_scenes docs/pictures`` draws them anew.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tercet.readers import earthcare
from tercet.readers.hdf5.local import open_local
from tests.harvesters.earthcare_files import FILL
from tests.tercet.readers import earthcare_products as products
from tests.upstreams.earthcare_orbit import Frame

Values = NDArray[Any]

FRAME_D = Frame(4366, 3)
SHAPE = products.Shape(along=3000, across=150, bins=220)
CLASSES = {
    -1: ("unknown", "#c5c9c7"), 0: ("ground", "#a2653e"), 1: ("clear", "#ffffff"), 10: ("warm rain", "#0d75f8"),
    11: ("cold rain", "#ff474c"), 14: ("snow (no liquid)", "#2976bb"), 8: ("liquid cloud", "#0504aa"),
    21: ("ice cloud (no liquid)", "#7bc8f6"), 26: ("dust", "#f5bf03"), 18: ("supercooled liquid", "#009337"),
}  # fmt: skip


def noise(shape: tuple[int, int], scales: tuple[float, float], seed: int) -> Values:
    """A smooth field around 0, of about one standard deviation, with structure of these scales and finer."""
    random = np.random.default_rng(seed)
    frequencies = [np.fft.fftfreq(size) * scale for size, scale in zip(shape, scales, strict=True)]
    damping = 1 / (1 + frequencies[0][:, None] ** 2 + frequencies[1][None, :] ** 2) ** 1.3
    field = np.fft.ifft2(np.fft.fft2(random.normal(size=shape)) * damping).real
    scaled: Values = (field - field.mean()) / field.std()
    return scaled


def weather(ground: Values, heights: Values) -> tuple[Values, Values]:
    """Target classes and ice water content, each (along, bins)."""
    km = heights / 1000
    clouds = noise(heights.shape, (400, 40), 1)
    wide = noise((heights.shape[0], 8), (900, 1), 2)[:, :1]
    classes = np.full(heights.shape, 1, dtype=np.int8)
    classes[(km < 4) & (noise(heights.shape, (700, 90), 3) + wide > 0.9)] = 26
    is_ice = (clouds + wide > 0.7) & (km > 6) & (km < 13)
    is_deep = (noise((heights.shape[0], 4), (120, 1), 4)[:, :1] > 1.35) & (km < 11)
    classes[is_ice | (is_deep & (km > 5.5))] = 21
    classes[is_deep & (km <= 5.5) & (km > 4.2)] = 14
    classes[is_deep & (km <= 4.2)] = 11
    is_low = (noise(heights.shape, (60, 30), 5) > 1.1) & (km > 0.8) & (km < 2.2)
    classes[is_low] = 8
    classes[(clouds > 1.2) & (km > 3.6) & (km < 4.4)] = 18
    classes[heights < ground[:, None]] = 0
    content = 10 ** (-5 + 0.8 * clouds + 0.6 * wide - np.abs(km - 8) / 5)
    frozen = (classes == 21) | (classes == 14)
    return classes, np.where(frozen, content, FILL).astype(np.float32)


def write(folder: Path) -> dict[str, Path]:
    """Write a curtain of classes, one of ice, and a swath."""
    paths = {kind: products.write(folder, kind, FRAME_D, SHAPE) for kind in ("AC__TC__2B", "ACM_CAP_2B", "MSI_COP_2A")}
    ground = np.maximum(noise((SHAPE.along, 4), (300, 1), 6)[:, 0] * 900, 0)
    classes, content = weather(ground, products.heights(SHAPE))
    with h5py.File(paths["AC__TC__2B"], "a") as file:
        target = file["ScienceData/synergetic_target_classification"]
        target[:] = classes
        target.attrs["definition"] = "\n ".join(f"{code}: {name}" for code, (name, _) in CLASSES.items())
        target.attrs["plot_colors"] = "\n ".join(colour for _, colour in CLASSES.values())
        file["ScienceData/elevation"][:] = ground
    with h5py.File(paths["ACM_CAP_2B"], "a") as file:
        file["ScienceData/ice_water_content"][:] = content
        file["ScienceData/elevation"][:] = ground
    with h5py.File(paths["MSI_COP_2A"], "a") as file:
        field = noise((SHAPE.along, SHAPE.across), (60, 70), 7)
        thickness = np.where(field > -0.1, 10 ** (0.6 + 0.55 * field), FILL)
        file["ScienceData/cloud_optical_thickness"][:] = thickness
    return paths


def draw(folder: Path) -> None:
    """Draw the documents' pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"classes": ("AC__TC__2B", None), "ice": ("ACM_CAP_2B", None), "swath": ("MSI_COP_2A", None)}
    with tempfile.TemporaryDirectory() as temporary:
        paths = write(Path(temporary))
        for name, (kind, variable) in wanted.items():
            with earthcare.reader(open_local(paths[kind])) as reader:
                figure = reader.plot(variable)
            figure.savefig(folder / f"earthcare_{name}.png", dpi=80, metadata={"Software": None})


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
