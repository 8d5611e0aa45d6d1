"""HDF5 files, on disk or over the network: their structure and their values, through one interface."""

from tercet.readers.hdf5.base import Array, Attributes, Hdf5, Wanted

__all__ = ["Array", "Attributes", "Hdf5", "Wanted"]
