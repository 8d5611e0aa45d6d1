"""Chosen fields, for tests that compare with pgSTAC."""


def apart(paths: list[str]) -> list[str]:
    """Leave out parts of what is there whole: what pgSTAC makes of those changes from start to start."""
    return [path for path in paths if not any(path.startswith(f"{other}.") for other in paths)]
