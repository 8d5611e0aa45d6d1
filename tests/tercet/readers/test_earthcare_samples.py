"""What was recorded of real products: their code tables and ranges, and real products where there are any."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import tercet.readers
from tercet.readers.earthcare import EarthcareReader
from tercet.readers.earthcare.classes import classes_of
from tercet.readers.earthcare.display import range_of
from tests.samples_table import SAMPLES

FOLDER = SAMPLES / "maap-earthcare"
RECORDED = FOLDER / "product_variables.json"
FILES = sorted(FOLDER.rglob("*.h5")) if FOLDER.is_dir() else []

recorded = pytest.mark.skipif(not RECORDED.is_file(), reason=f"no recorded attributes of EarthCARE in {RECORDED}")


def attributes(kind: str, name: str) -> dict[str, Any]:
    products = json.loads(RECORDED.read_text())
    found: dict[str, Any] = products[kind]["variables"][name].get("attrs", {})
    return found


@recorded
@pytest.mark.parametrize(
    ("kind", "name", "codes", "coloured"),
    [
        ("AC__TC__2B", "synergetic_target_classification", list(range(-1, 35)), True),
        ("AC__TC__2B", "quality_status", list(range(17)), True),
        ("CPR_CLD_2A", "hydrometeor_classification", list(range(-1, 21)), False),
        ("CPR_CLD_2A", "retrieval_status", list(range(-2, 5)), False),
        ("ACM_CAP_2B", "quality_status", list(range(10)), False),
        ("ATL_ALD_2A", "quality_status", [0, 1, 2, 3, 4, -1], False),
    ],
)
def test_recorded_code_tables_are_read_whole(kind: str, name: str, codes: list[int], *, coloured: bool) -> None:
    classes = classes_of(attributes(kind, name))
    assert classes is not None
    assert list(classes.labels) == codes
    assert all(classes.labels.values())
    assert bool(classes.colours) == coloured


@recorded
def test_every_recorded_range_is_understood() -> None:
    for product in json.loads(RECORDED.read_text()).values():
        for name, variable in product.get("variables", {}).items() if isinstance(product, dict) else ():
            said = variable.get("attrs", {})
            if "plot_range" in said:
                chosen = range_of(name, said)
                assert chosen.low is not None, name
                assert chosen.high is not None, name
                assert chosen.low < chosen.high, name


@pytest.mark.skipif(not FILES, reason=f"no real products of EarthCARE in {FOLDER}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_product_gives_what_h5py_reads(path: Path) -> None:
    with tercet.readers.open(path) as reader, h5py.File(path) as file:
        assert isinstance(reader, EarthcareReader)
        assert reader.dataset().data_vars
        assert reader.plot() is not None
        for name, variable in reader.variables().items():
            read, stored = reader.dataset(name), file[variable.path][()]
            key = name.rpartition("/")[2]
            if key not in read.data_vars or read[key].dtype.kind == "M":
                continue
            values = read[key].values.reshape(stored.shape)
            known = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, dtype=bool)
            assert (values[known] == stored[known]).all()
