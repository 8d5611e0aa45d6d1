"""What is no science file, and says so with what to open instead."""

from pathlib import Path

import pytest

import tercet.readers
from tercet.errors import ReaderError
from tercet.readers.earthcare.refusals import refusal
from tests.tercet.readers import earthcare_products as products

STEM = "ECA_EXBA_{}_20250305T134540Z_20250912T202910Z_04366E"
HDF5 = b"\x89HDF\r\n\x1a\n"


@pytest.mark.parametrize(
    ("name", "beginning", "advice"),
    [
        (
            STEM.format("ATL_NOM_0_") + ".h5",
            b"\x08\x01\x02\x03\x04\x05\x06\x07",
            "Open its level 1 product, ATL_NOM_1B",
        ),
        (STEM.format("TLM_NOM_0_") + ".h5", b"\x08\x01\x02\x03\x04\x05\x06\x07", "No reader of ours unpacks it"),
        (STEM.format("MSI_COP_2A") + ".ZIP", b"PK\x03\x04\0\0\0\0", "unpack it and open the .h5 inside"),
        (STEM.format("MSI_COP_2A"), b"PK\x03\x04\0\0\0\0", "unpack it and open the .h5 inside"),
        (STEM.format("MSI_COP_2A") + ".HDR", b"<?xml ve", "open the .h5 of the same name"),
        (STEM.format("MSI_COP_2A") + ".HDR", b"", "open the .h5 of the same name"),
        ("ECA_EXAA_AUX_ORBPRE_20250901T000000Z_20250911T000000Z_0001.EOF", b"<?xml ve", "orbit file in XML"),
    ],
)
def test_each_is_refused_with_advice(name: str, beginning: bytes, advice: str) -> None:
    said = refusal(name, beginning)
    assert said is not None
    assert advice in said
    assert name in said


@pytest.mark.parametrize("name", [STEM.format("MSI_COP_2A") + ".h5", STEM.format("ATL_NOM_0_") + ".h5", "plumes.zip"])
def test_what_may_well_be_opened_is_not_refused(name: str) -> None:
    assert refusal(name, HDF5) is None


def test_opening_says_so(tmp_path: Path) -> None:
    path = tmp_path / (STEM.format("CPR_NOM_0_") + ".h5")
    path.write_bytes(bytes(range(64)))
    with pytest.raises(ReaderError, match="level 0 product"):
        tercet.readers.open(path)


def test_a_truncated_product_names_the_byte(tmp_path: Path) -> None:
    path = products.write(tmp_path, "AC__TC__2B")
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(ReaderError, match="cut off at byte 9000"):
        tercet.readers.open(path)
