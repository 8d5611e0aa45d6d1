"""Pictures of EarthCARE products: of the right kind, with the right colours, in the right place."""

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from matplotlib.colors import LogNorm, to_hex

from tercet.errors import ReaderError
from tercet.readers import earthcare
from tercet.readers.earthcare.colours import colours_of, explain
from tercet.readers.earthcare.curtains import resampled
from tercet.readers.earthcare.maps import corners
from tercet.readers.earthcare.sheets import CARD
from tercet.readers.hdf5.local import open_local
from tests.harvesters.earthcare_files import FILL
from tests.tercet.readers import earthcare_products as products
from tests.upstreams.earthcare_orbit import Frame


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


def axes_of(folder: Path, kind: str, variable: str | None = None, **how: Any) -> Any:
    frame = how.pop("frame", products.FRAME_E)
    with earthcare.reader(open_local(products.write(folder, kind, frame))) as reader:
        figure = reader.plot(variable, **how)
    figure.savefig(io.BytesIO(), dpi=20)
    return figure.axes[0]


@pytest.mark.parametrize(
    "kind",
    [
        *products.CURTAINS,
        *products.SWATHS,
        "CPR_NOM_1B",
        "BMA_FLX_2B",
        "BBR_NOM_1B",
        "BBR_SNG_1B",
        "MSI_NOM_1B",
        "ATL_NOM_1B",
    ],
)
def test_every_kind_of_product_has_a_picture(folder: Path, kind: str) -> None:
    title = axes_of(folder, kind).get_title(loc="left")
    assert "04366E" in title
    assert "2025-03-05 13:45" in title


def test_classes_have_the_file_s_colours_and_a_legend_of_those_that_occur(folder: Path) -> None:
    axes = axes_of(folder, "AC__TC__2B")
    legend = axes.get_legend()
    labels = [one.get_text() for one in legend.get_texts()]
    colours = [to_hex(one.get_facecolor()) for one in legend.get_patches()]
    assert dict(zip(labels, colours, strict=True))["liquid cloud"] == "#0504aa"
    assert labels[0] == "unknown"


def test_concentrations_are_drawn_in_the_file_s_range_and_logarithmically(folder: Path) -> None:
    image = axes_of(folder, "ACM_CAP_2B").images[0]
    assert isinstance(image.norm, LogNorm)
    assert (image.norm.vmin, image.norm.vmax) == (1e-8, 5e-4)


def test_reflectivity_in_dbz_is_linear(folder: Path) -> None:
    image = axes_of(folder, "CPR_FMR_2A").images[0]
    assert not isinstance(image.norm, LogNorm)
    assert (image.norm.vmin, image.norm.vmax) == (-40, 20)


def test_a_curtain_goes_as_high_as_is_asked_for(folder: Path) -> None:
    axes = axes_of(folder, "ACM_CAP_2B", height=(0, 8000))
    assert axes.get_ylim() == (0, 8)
    assert axes_of(folder, "ACM_CAP_2B").get_ylim() == (-0.5, 20)


@pytest.mark.parametrize("kind", ["AC__TC__2B", "MSI_COP_2A", "ATL_CTH_2A"])
def test_a_quicklook_is_a_card_that_is_read_at_512_pixels(folder: Path, kind: str) -> None:
    with earthcare.reader(open_local(products.write(folder, kind))) as reader:
        figure = reader.quicklook()
        assert reader.plot().get_figwidth() > 8 or kind == "MSI_COP_2A"
    figure.savefig(io.BytesIO(), dpi=512 / figure.get_figwidth())
    pixels_a_point = 512 / figure.get_figwidth() / 72
    smallest = min(float(one.get_fontsize()) for one in [*figure.axes[0].get_xticklabels(), figure.axes[0].title])
    assert smallest * pixels_a_point >= 10


def test_of_many_classes_the_commonest_are_named() -> None:
    many = "\n".join(f"{code}: class {code}" for code in range(40))
    values = np.repeat(np.arange(40), 2 + np.arange(40))
    colours = colours_of("classes", values.astype(float), {"definition": many})
    figure, axes = CARD.empty()
    explain(figure, axes, None, colours, {})
    legend = axes.get_legend()
    assert legend is not None
    named = [one.get_text() for one in legend.get_texts()]
    assert 5 < len(named) < 20
    assert named[-1] == "class 39"
    assert "class 0" not in named


def test_a_polar_swath_is_seen_from_above_the_pole(folder: Path) -> None:
    axes = axes_of(folder, "MSI_COP_2A", frame=Frame(4366, 2))
    assert axes.get_aspect() == 1.0
    assert not list(axes.get_xticks())


def test_a_place_of_a_small_dimension_is_named_as_in_the_table(folder: Path) -> None:
    assert "TIR2" in axes_of(folder, "MSI_RGR_1C", "pixel_values_TIR2").get_title(loc="left")
    with pytest.raises(ReaderError, match="it has VIS, VNIR"):
        axes_of(folder, "MSI_RGR_1C", "pixel_values_UV")


def test_places_of_two_small_dimensions_are_named_one_after_the_other(folder: Path) -> None:
    axes = axes_of(folder, "BBR_NOM_1B", "radiance_fore_LW")
    assert "fore, LW" in axes.get_title(loc="left")
    assert axes.lines[0].get_ydata()[3] == 213.0
    with pytest.raises(ReaderError, match="has no 'fore_UV'"):
        axes_of(folder, "BBR_NOM_1B", "radiance_fore_UV")


def test_bands_with_places_of_their_own_are_mapped_one_at_a_time(folder: Path) -> None:
    mesh = axes_of(folder, "MSI_NOM_1B", "pixel_values_TIR2").collections[0]
    assert mesh.get_array().min() >= 500, "the sixth band of the generated product starts at 500"
    assert mesh.get_array().shape[1] == 10, "columns without places are left out"


def test_what_cannot_be_drawn_is_said(folder: Path) -> None:
    with pytest.raises(ReaderError, match="did you mean"):
        axes_of(folder, "ACM_CAP_2B", "ice_water_contentt")
    with pytest.raises(ReaderError, match="nothing lies in what is asked for"):
        axes_of(folder, "ACM_CAP_2B", bbox=(100, 80, 101, 81))


def test_of_the_main_variables_the_first_along_the_track_is_drawn(folder: Path) -> None:
    path = products.write(folder, "ATL_CTH_2A", file_name="beside.h5")
    with h5py.File(path, "r+") as file:
        del file["ScienceData/ATLID_cloud_top_height"]
        file["ScienceData/ATLID_cloud_top_height"] = np.zeros(7)
    with earthcare.reader(open_local(path)) as reader:
        assert reader.panel().name == "quality_status"


@pytest.mark.parametrize("kind", ["MSI_COP_2A", "AC__TC__2B"])
def test_what_has_no_place_is_not_drawn(folder: Path, kind: str) -> None:
    path = products.write(folder, kind, file_name=f"nowhere_{kind}.h5")
    with h5py.File(path, "r+") as file:
        file["ScienceData/latitude"][...] = FILL
    with earthcare.reader(open_local(path)) as reader, pytest.raises(ReaderError, match="no latitudes and longitudes"):
        reader.plot()


def test_bins_lie_at_their_own_heights() -> None:
    heights = np.array([[3000.0, 2000, 1000], [3500, 2500, np.nan]])
    image = resampled(np.array([[3.0, 2, 1], [3, 2, 1]]), heights, (0, 4000))
    rows = (np.arange(480) + 0.5) * 4000 / 480
    for column in range(2):
        for row, height in enumerate(rows):
            distance = np.abs(heights[column] - height)
            if np.nanmin(distance) < 490:
                assert image[row, column] == [3, 2, 1][int(np.nanargmin(distance))]
            elif np.nanmin(distance) > 800:
                assert np.isnan(image[row, column])


def test_a_profile_without_heights_is_blank() -> None:
    assert np.isnan(resampled(np.ones((1, 3)), np.full((1, 3), np.nan), (0, 1000))).all()


def test_cells_reach_half_way_to_their_neighbours() -> None:
    x, y = np.meshgrid([0.0, 1, 2], [10.0, 20])
    assert corners(x)[0].tolist() == [-0.5, 0.5, 1.5, 2.5]
    assert corners(y)[:, 0].tolist() == [5, 15, 25]
    assert corners(np.zeros((1, 1))).shape == (2, 2)
