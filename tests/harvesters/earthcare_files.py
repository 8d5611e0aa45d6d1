"""Synthetic EarthCARE product files: the layout of the real ones, places of a plausible orbit, invented values."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tests.upstreams.earthcare_orbit import _KM_IN_RADIANS, _STARTS, Frame

FILL = 9.969209968386869e36
"""netCDF's default fill value, which ESA's products hold without saying so."""
MADE = datetime(2025, 9, 21, 4, 12, 37, tzinfo=UTC)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LEAP_SECONDS = 5

Values = NDArray[np.float64]


def name_of(frame: Frame, product_type: str, baseline: str = "BA", agency: str = "E") -> str:
    times = f"{_compact(frame.start)}_{_compact(MADE)}"
    return f"ECA_{agency}X{baseline}_{product_type}_{times}_{frame.orbit:05d}{frame.letter}"


def write_product(  # noqa: PLR0913 - a product has this many parts
    target: Path | IO[bytes],
    frame: Frame,
    product_type: str = "MSI_COP_2A",
    *,
    offsets_km: Sequence[float] = (0.0,),
    along: int = 120,
    group: str = "ScienceData",
    names: tuple[str, str, str] = ("latitude", "longitude", "time"),
    header: Mapping[str, Any] | None = None,
    edit: Any = None,
) -> str:
    """Write a product and give its name: a curtain where there is one offset, else a swath (along, across)."""
    latitude, longitude, seconds = places(frame, along, offsets_km)
    if edit is not None:
        edit(latitude, longitude)
    name = name_of(frame, product_type)
    with h5py.File(target, "w") as file:
        science = file.create_group(group)
        science.create_dataset(names[0], data=latitude if len(offsets_km) > 1 else latitude[:, 0])
        science.create_dataset(names[1], data=longitude if len(offsets_km) > 1 else longitude[:, 0])
        time = science.create_dataset(names[2], data=seconds)
        time.attrs["units"] = "seconds since 2000-01-01 00:00:00.0"
        write_header(file, name, frame, product_type, header or {})
    return name


def write_header(file: h5py.File, name: str, frame: Frame, product_type: str, other: Mapping[str, Any]) -> None:
    fixed: dict[str, Any] = {
        "File_Name": name,
        "File_Description": "",
        "Notes": "synthetic",
        "Mission": "EarthCARE",
        "File_Class": "EXBA",
        "File_Type": product_type,
        "File_Version": "0001",
        "Validity_Period/Validity_Start": f"UTC={frame.start:%Y-%m-%dT%H:%M:%S}",
        "Validity_Period/Validity_Stop": f"UTC={frame.end:%Y-%m-%dT%H:%M:%S}",
        "Source/System": "PDGS-CPFxx",
        "Source/Creator": "M-CLD",
        "Source/Creator_Version": "11.30",
    }
    main: dict[str, Any] = {
        "productName": name,
        "orbitNumber": np.array([frame.orbit], dtype=np.int32),
        "frameID": frame.letter,
        "ANXTime": f"UTC={frame.ascending_node:%Y-%m-%dT%H:%M:%S.%f}",
        "frameStartTime": f"UTC={frame.start:%Y-%m-%dT%H:%M:%S.%f}",
        "frameStopTime": f"UTC={frame.end:%Y-%m-%dT%H:%M:%S.%f}",
    }
    for place, fields in (
        ("HeaderData/FixedProductHeader", fixed),
        ("HeaderData/VariableProductHeader/MainProductHeader", main),
    ):
        for key, value in {**fields, **{k: v for k, v in other.items() if k in fields}}.items():
            if value is not None:
                file[f"{place}/{key}"] = value


def places(frame: Frame, along: int, offsets_km: Sequence[float]) -> tuple[Values, Values, Values]:
    """Latitude and longitude, each (along, across) in degrees, and seconds since 2000 as files count them."""
    angles = np.linspace(_STARTS[frame.index], _STARTS[frame.index + 1], along)
    positions = np.array([[frame._position(angle, km * _KM_IN_RADIANS) for km in offsets_km] for angle in angles])
    start = (frame.start - EPOCH) / timedelta(seconds=1) + LEAP_SECONDS
    return (
        positions[..., 1],
        positions[..., 0],
        start + np.linspace(0, (frame.end - frame.start).total_seconds(), along),
    )


def header_xml(name: str, frame: Frame, system: str = "PDGS-CPFxx") -> str:
    """A header as it lies beside a product."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Earth_Explorer_Header>
  <Fixed_Header>
    <File_Name>{name}</File_Name>
    <File_Description/>
    <Mission>EarthCARE</Mission>
    <Validity_Period>
      <Validity_Start>UTC={frame.start:%Y-%m-%dT%H:%M:%S}</Validity_Start>
      <Validity_Stop>UTC={frame.end:%Y-%m-%dT%H:%M:%S}</Validity_Stop>
    </Validity_Period>
    <Source>
      <System>{system}</System>
      <Creator>M-CLD</Creator>
      <Creator_Version>11.30</Creator_Version>
    </Source>
  </Fixed_Header>
  <Variable_Header>
    <MainProductHeader><ANXTime>UTC={frame.ascending_node:%Y-%m-%dT%H:%M:%S.%f}</ANXTime></MainProductHeader>
  </Variable_Header>
</Earth_Explorer_Header>
"""


def _compact(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"
