"""CQL2 text, as much of it as the clients of ESA's MAAP send: comparisons, IN, AND, OR and parentheses."""

import operator
import re
from collections.abc import Callable, Container, Mapping
from typing import Any

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

_TOKENS = re.compile(
    r"\s*(?:(?P<literal>'[^']*'|-?\d+(?:\.\d+)?)|(?P<operator><=|>=|<>|[=<>(),])|(?P<name>\"[^\"]+\"|[\w:]+))"
)
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class BadFilterError(Exception):
    """The filter is no CQL2 that the service takes, or names what cannot be asked."""


class Filter:
    """A parsed filter.

    Args:
        text: CQL2 text.
        names: what may be asked: the name in the filter to the name in a row.
        times: how moments are written: ``timestamp`` for TIMESTAMP('…'), ``text`` for plain strings.

    Attributes:
        asked: what it asked for.
    """

    def __init__(
        self, text: str, names: Mapping[str, str], *, times: Container[str] = frozenset({"timestamp"})
    ) -> None:
        self._names = names
        self._times = times
        self.asked: set[str] = set()
        self._tokens = _tokens(text)
        self.matches: Test = self._either()
        if self._tokens:
            raise BadFilterError(f"Unexpected {self._tokens[0]} in filter.")

    def _either(self) -> Test:
        tests = [self._both()]
        while self._takes("OR"):
            tests.append(self._both())
        return lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._takes("AND"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._takes("("):
            test = self._either()
            self._expects(")")
            return test
        name = self._name()
        if self._takes("IN"):
            return self._among(name)
        compare = _OPERATORS.get(self._next())
        if compare is None:
            raise BadFilterError("Operator expected in filter.")
        value = self._moment() if name == "updated" else _literal(self._next())
        return lambda row: compare(_folded(row[name]), value)

    def _moment(self) -> str:
        wrapped = self._takes("TIMESTAMP")
        if wrapped:
            self._expects("(")
        value = str(_literal(self._next()))
        if wrapped:
            self._expects(")")
        if ("timestamp" if wrapped else "text") not in self._times:
            raise BadFilterError("Value of updated cannot be read.")
        return value

    def _among(self, name: str) -> Test:
        self._expects("(")
        values = [_literal(self._next())]
        while self._takes(","):
            values.append(_literal(self._next()))
        self._expects(")")
        return lambda row: _folded(row[name]) in values

    def _name(self) -> str:
        token = self._next().strip('"')
        if token not in self._names:
            raise BadFilterError(f"Property {token} is not queryable.")
        self.asked.add(self._names[token])
        return self._names[token]

    def _takes(self, token: str) -> bool:
        if self._tokens and self._tokens[0].upper() == token:
            self._tokens.pop(0)
            return True
        return False

    def _expects(self, token: str) -> None:
        if not self._takes(token):
            raise BadFilterError(f"{token} expected in filter.")

    def _next(self) -> str:
        if not self._tokens:
            raise BadFilterError("Filter ends too early.")
        return self._tokens.pop(0)


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKENS.match(text, place)
        if match is None:
            raise BadFilterError(f"Cannot read filter at {text[place:]!r}.")
        tokens.append(match[0].strip())
        place = match.end()
    return tokens


def _literal(token: str) -> Any:
    if token.startswith("'"):
        return token[1:-1].upper()
    try:
        return float(token)
    except ValueError:
        raise BadFilterError(f"Value expected instead of {token}.") from None


def _folded(value: Any) -> Any:
    # the service takes baselines in either case
    return value.upper() if isinstance(value, str) else value
