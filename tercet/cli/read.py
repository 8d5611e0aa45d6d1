"""``tercet read``: variables of an Item as a table, NetCDF or GeoTIFF."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tercet.cli.opened import Wanted, item_argument, opened, selection_options, suffix_of, written
from tercet.cli.printing import console
from tercet.errors import ConfigError
from tercet.readers.base import Reader

_TABLES = (".csv", ".parquet", ".feather", ".geojson", ".gpkg")
_KNOWN = (*_TABLES, ".nc", ".tif")


@click.command()
@item_argument
@click.option("-v", "--variable", "variables", multiple=True, help="A variable; several times for several.")
@selection_options
@click.option("-o", "--output", metavar="FILE", help=f"What to write, by its ending: {', '.join(_KNOWN)}.")
def read(
    item: str,
    *,
    asset: str | None,
    alternate: str | None,
    output: str | None,
    variables: tuple[str, ...],
    **part: Any,  # noqa: ANN401 - the options of a selection
) -> None:
    """Read variables of ITEM, or write them to a file.

    ITEM is a file, a folder, an address, or collection/id. Without -o CSV goes to standard output.
    """
    suffix = suffix_of(output, _KNOWN) if output else ".csv"
    wanted = Wanted(variables, **part)
    with opened(item, asset=asset, alternate=alternate) as reader:
        write, what = _writer(reader, wanted, suffix)
        if output is None:
            write(sys.stdout)
            return
        written(Path(output), write)
    console(stderr=True).print(f"{output}: {what}")


def _writer(reader: Reader, wanted: Wanted, suffix: str) -> tuple[Callable[[Any], Any], str]:
    """What writes the file, and what is in it."""
    if suffix in _TABLES:
        from tercet.cli.table_files import writers  # noqa: PLC0415 - takes half a second

        rows = reader.table(**wanted.words(reader.table))
        columns = [str(name) for name in rows.columns if name != rows.geometry.name]
        return writers(rows)[suffix], f"{len(rows)} rows of {', '.join(columns)}"
    found = reader.dataset(**wanted.words(reader.dataset))
    sizes = ", ".join(f"{name} {size}" for name, size in found.sizes.items())
    what = f"{', '.join(str(name) for name in found.data_vars)} ({sizes})"
    if suffix == ".nc":
        # NetCDF takes what is behind a slash for a member of a group
        flat = found.rename({name: str(name).replace("/", "_") for name in (*found.variables, *found.dims)})
        return lambda path: flat.to_netcdf(path, engine="h5netcdf"), what
    from tercet.readers.rasters.files import write_geotiff  # noqa: PLC0415 - GDAL takes its time
    from tercet.readers.rasters.reader import RasterReader  # noqa: PLC0415

    if not isinstance(reader, RasterReader):
        raise ConfigError(f"-o …{suffix}: {reader.name} is no raster; write .nc, .parquet or .csv")
    return lambda path: write_geotiff(found, path), what
