"""Readers: every Item opens the same way."""
