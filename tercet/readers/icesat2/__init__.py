"""ICESat-2 granules: tracks of beams and gridded products, from HDF5."""

from tercet.readers.icesat2.granule_reader import Icesat2Reader, reader, recognizes

__all__ = ["Icesat2Reader", "reader", "recognizes"]
