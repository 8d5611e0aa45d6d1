"""How deep the text of a filter nests, without parsing it: the parser recurses, and thousands of levels end it.

Brackets nest, and so do chains of signs without one: ``NOT NOT …``, ``- - …``, ``1 + 1 + …``, ``a = 1 = 1 …``.
Conditions that are joined with AND or OR, and what commas part, lie beside each other.
"""

import re
from collections.abc import Iterator

_TOKENS = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"\\]|\\.)*"
    | (?P<opening>[(\[{]) | (?P<closing>[)\]}])
    | (?P<beside>,|\b(?:AND|OR)\b) | (?P<nesting>[-+*/%^=<>]|\b(?:NOT|DIV)\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)


class _Level:
    """What stands between two brackets."""

    def __init__(self) -> None:
        self.chain = 0
        self.longest = 0

    def beside(self) -> None:
        self.longest = max(self.longest, self.chain)
        self.chain = 0


def deepest(text: str) -> int:
    """Give at most how many levels a parser goes down: it may be fewer."""
    return max(_depths(text), default=0)


def _depths(text: str) -> Iterator[int]:
    levels = [_Level()]
    around = 0  # chains and brackets of the levels above the last
    for token in _TOKENS.finditer(text):
        if token["opening"]:
            around += levels[-1].chain + 1
            levels.append(_Level())
        elif token["closing"] and len(levels) > 1:
            closed = levels.pop()
            closed.beside()
            around -= levels[-1].chain + 1
            levels[-1].chain += closed.longest + 1  # the chain goes on above what was in brackets
        elif token["beside"]:
            levels[-1].beside()
        elif token["nesting"]:
            levels[-1].chain += 1
        yield around + levels[-1].chain
