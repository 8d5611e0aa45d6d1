"""What looks like an EarthCARE product and cannot be read as one: each with what to open instead."""

from tercet.errors import RecordError
from transforms.earthcare_names import ProductName, level
from transforms.earthcare_products import PRODUCT_TYPES

_ZIP = b"PK\x03\x04"
_XML = (b"<", b"\xef\xbb\xbf<")
_HDF5 = b"\x89HDF"


def refusal(name: str, first_bytes: bytes) -> str | None:
    """Advice for a product file that holds no science data in HDF5.

    Args:
        name: of the file or the last part of its URL.
        first_bytes: at least 8, as far as the file has them; empty where it was not opened yet.

    Returns:
        Whole sentence for the error, None where nothing speaks against opening it, or it is not EarthCARE's.
    """
    try:
        product = ProductName.of_file(name)
    except RecordError:
        return None
    if level(product.type) == "L0" and not first_bytes.startswith(_HDF5):
        above = product.type.replace("_0_", "_1B")
        advice = f"Open its level 1 product, {above}" if above in PRODUCT_TYPES else "No reader of ours unpacks it"
        return f"{name} is a level 0 product: raw packets, no HDF5. {advice}"
    if first_bytes.startswith(_ZIP) or (not first_bytes and name.upper().endswith(".ZIP")):
        return f"{name} is a ZIP of the product: unpack it and open the .h5 inside, or take the Item's asset 'data'"
    suffix = name.rpartition(".")[2].upper()
    if first_bytes.startswith(_XML) or (not first_bytes and suffix in ("HDR", "EOF")):
        if suffix == "EOF":
            return f"{name} is an orbit file in XML, no science data: any XML library reads it"
        return f"{name} is the header, XML beside the product: open the .h5 of the same name, the Item's asset 'data'"
    return None
