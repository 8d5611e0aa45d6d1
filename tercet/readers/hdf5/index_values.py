"""Attributes and types of HDF5 as JSON, and back without loss."""

import base64
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def attributes_to(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as JSON: text and numbers as they are, arrays and what JSON lacks as objects."""
    return {name: _to(value) for name, value in attributes.items()}


def attributes_from(document: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of JSON."""
    return {name: _from(value) for name, value in document.items()}


def _to(value: Any) -> Any:  # noqa: ANN401 - text, numbers or arrays
    if isinstance(value, np.ndarray | np.generic):
        return array_to(np.asarray(value))
    # JSON knows neither of these: they would come back as null, or not at all
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": repr(value)}
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return array_to(np.asarray(value, np.uint64)) | {"is_one": True}
    return value


def _from(document: Any) -> Any:  # noqa: ANN401 - text, numbers or arrays
    if not isinstance(document, dict):
        return document
    if "number" in document:
        return float(document["number"])
    values = array_from(document)
    return values.item() if document.get("is_one") else values if values.shape else values[()]


def array_to(values: NDArray[Any]) -> dict[str, Any]:
    """An array as JSON."""
    if values.dtype.kind == "O":
        return {"shape": values.shape, "texts": values.reshape(-1).tolist()}
    return {
        "shape": values.shape,
        "dtype": dtype_to(values.dtype),
        "values": base64.b64encode(values.tobytes()).decode(),
    }


def array_from(document: Mapping[str, Any]) -> NDArray[Any]:
    """An array of JSON."""
    shape = tuple(document["shape"])
    if "texts" in document:
        read = np.empty(shape, dtype=object)
        read.reshape(-1)[:] = document["texts"]
        return read
    return np.frombuffer(base64.b64decode(document["values"]), dtype_from(document["dtype"])).reshape(shape)


def dtype_to(dtype: np.dtype[Any]) -> Any:  # noqa: ANN401 - text or an object
    """A type as JSON; records by name, offset and type of their members."""
    if dtype.fields is None:
        return [dtype_to(dtype.base), *dtype.shape] if dtype.shape else dtype.str
    members = [[name, member[1], dtype_to(member[0])] for name, member in dtype.fields.items()]
    return {"members": members, "itemsize": dtype.itemsize}


def dtype_from(document: Any) -> np.dtype[Any]:  # noqa: ANN401 - text or an object
    """A type of JSON."""
    if isinstance(document, str):
        return np.dtype(document)
    if isinstance(document, list):
        return np.dtype((dtype_from(document[0]), tuple(document[1:])))
    names, offsets, formats = zip(*document["members"], strict=True)
    return np.dtype(
        {
            "names": list(names),
            "offsets": list(offsets),
            "formats": [dtype_from(one) for one in formats],
            "itemsize": document["itemsize"],
        }
    )
