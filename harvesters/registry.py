"""The sources that Tercet knows: one row each."""

from harvesters.base import Source
from harvesters.carbon_mapper import CarbonMapper
from harvesters.earthcare import EarthCARE
from harvesters.icesat2 import ICESat2

SOURCES: dict[str, Source] = {source.name: source for source in (CarbonMapper(), ICESat2(), EarthCARE())}
"""Every source by its name on the command line."""
