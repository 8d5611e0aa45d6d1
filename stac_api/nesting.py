"""How deep the text of a filter nests, without parsing it: the parser recurses, and thousands of levels end it.

Brackets nest, and so do chains without one: ``NOT NOT …``, ``- - …``, ``1 + 1 + …``, ``a = 1 = 1 …``, ``a LIKE b LIKE
c …``. Conditions that are joined with AND or OR, and what commas part, lie beside each other.

What is counted is never too little. The parser needs no blanks (``1like2like3``) and takes words that are operators for
names where a name is due (``1 + and + and``); so every operator inside a word counts, two operands in a row count, and
AND and OR part conditions only where an operand came before. A quote that is not closed ends what the parser reads.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto

_TOKENS = re.compile(
    r"""(?P<quoted>'[^']*(?:'|$)|"[^"]*(?:"|$)) | (?P<opening>[(\[{]) | (?P<closing>[)\]}]) | (?P<comma>,)
    | (?P<sign>[-+*/%^=<>!|]) | (?P<number>\d+) | (?P<word>[^\W\d][\w.:]*)
    """,
    re.VERBOSE,
)
_IN_WORDS = re.compile("between|like|div|not|and|or|in|is")
_BESIDE = {"and", "or"}


class _State(Enum):
    """What the parser waits for: an operand, an operator, or either, where words can be read in two ways."""

    OPERAND = auto()
    OPERATOR = auto()
    EITHER = auto()


class _Level:
    """What stands between two brackets: how long its chain is, and was at most."""

    def __init__(self) -> None:
        self.chain = 0
        self.longest = 0
        self.betweens = 0  # each takes an AND for itself
        self.state = _State.OPERAND

    def part(self) -> None:
        """Begin anew."""
        self.longest = max(self.longest, self.chain)
        self.chain = self.betweens = 0
        self.state = _State.OPERAND

    def sign(self) -> None:
        """Take an operator that is no word."""
        self.chain += 1
        self.state = _State.OPERAND

    def operand(self, inside: int = 0) -> None:
        """Take an operand that is no word, and goes down as many levels by itself."""
        self.chain += inside + (self.state is not _State.OPERAND)
        self.state = _State.OPERATOR

    def word(self, word: str) -> None:
        """Take a word: an operator, an operand, or both without a blank."""
        if self.state is _State.OPERATOR and word in _BESIDE and not self.betweens:
            self.part()
            return
        inside = _IN_WORDS.findall(word)
        self.betweens += inside.count("between") - (word == "and" and self.betweens > 0)
        self.chain += len(inside) + (self.state is not _State.OPERAND)
        if self.state is _State.OPERAND and word != "not":
            self.state = _State.EITHER if word.startswith("not") else _State.OPERATOR
        elif self.state is _State.OPERATOR:
            self.state = _State.OPERAND if inside == [word] and word != "not" else _State.EITHER


def deepest(text: str) -> int:
    """Give at most how many levels a parser goes down: it may be fewer."""
    return max(_depths(text), default=0)


def _depths(text: str) -> Iterator[int]:
    levels = [_Level()]
    around = 0  # chains and brackets of the levels above the last
    for token in _TOKENS.finditer(text):
        level = levels[-1]
        if token["opening"]:
            around += level.chain + 1
            levels.append(_Level())
        elif token["closing"] and len(levels) > 1:
            level.part()
            levels.pop()
            around -= levels[-1].chain + 1
            levels[-1].operand(level.longest + 1)  # the chain goes on above what was in brackets
        elif token["comma"]:
            level.part()
        elif token["sign"]:
            level.sign()
        elif token["word"]:
            level.word(token["word"].lower())
        elif token["number"] or token["quoted"]:
            level.operand()
        yield around + levels[-1].chain
