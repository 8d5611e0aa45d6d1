"""The one place that speaks HTTP: time limits, retries, politeness, credentials, and errors with a next step."""

from tercet.fetch.answers import retry_after
from tercet.fetch.client import Answer, Fetcher, Params, Politeness, Traffic
from tercet.fetch.credentials import Client, Credential
from tercet.fetch.tokens import FixedToken

__all__ = ["Answer", "Client", "Credential", "Fetcher", "FixedToken", "Params", "Politeness", "Traffic", "retry_after"]
