"""Tercet: Carbon Mapper, ICESat-2 and EarthCARE in one STAC catalog."""

from importlib.metadata import version

__version__ = version("tercet")
