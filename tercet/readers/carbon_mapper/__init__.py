"""Plumes, scenes and sources of Carbon Mapper: rasters with outlines, parents and a history."""
