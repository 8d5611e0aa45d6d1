"""What calling the command line inside of a test must not leave behind."""

import gc
import logging
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _interpreter_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, threshold, interval = root.handlers[:], root.level, gc.get_threshold(), sys.getswitchinterval()
    yield
    root.handlers[:], root.level = handlers, level
    gc.set_threshold(*threshold)
    gc.unfreeze()
    sys.setswitchinterval(interval)
