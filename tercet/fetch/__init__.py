"""The one place that speaks HTTP: time limits, retries, politeness, credentials, and errors with a next step."""

from tercet.fetch.answers import retry_after
from tercet.fetch.client import Answer, Fetcher, Params, Politeness, Traffic
from tercet.fetch.credentials import Client, Credential

__all__ = ["Answer", "Client", "Credential", "Fetcher", "Params", "Politeness", "Traffic", "retry_after"]
