"""Tokens that are what they are: made by a person on a provider's page of accounts."""

from dataclasses import dataclass, field

from pydantic import SecretStr

from tercet.fetch.credentials import Client


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token made on an account page: nothing renews it."""

    hosts: frozenset[str]
    secret: SecretStr = field(repr=False)

    async def token(self, client: Client, *, renew: bool) -> str | None:  # noqa: ARG002 - the protocol's
        """The token, or None where it was refused."""
        return None if renew else self.secret.get_secret_value()
