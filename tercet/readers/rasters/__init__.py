"""Rasters of any Item: GeoTIFFs opened where they lie, read in windows, brought onto one grid, drawn."""
