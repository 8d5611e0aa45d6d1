"""EarthCARE products: profiles, curtains and swaths of ESA's and JAXA's files."""

from tercet.readers.earthcare.frame_reader import EarthcareReader, Part, join, reader, recognizes

__all__ = ["EarthcareReader", "Part", "join", "reader", "recognizes"]
