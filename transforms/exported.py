"""An Item as it leaves one catalog and enters another: with all that the ledger knows of it."""

from collections.abc import Mapping
from typing import Any

from tercet.errors import RecordError
from transforms.entry import Entry, Item, Kin

KEY = "tercet:entry"
"""The column, and the record's only member, that holds it."""


def record(entry: Entry) -> dict[str, Any]:
    """Give an entry as a raw record: JSON values only. What its Item was made of, its part, stays behind."""
    return {
        KEY: {
            "item": entry.item,
            "product": entry.product,
            "subject": entry.subject,
            "rank": entry.rank,
            "archive_id": entry.archive_id,
            "freshness": entry.freshness,
            "kin": [[kin.key, kin.rel] for kin in entry.kin],
            "local": entry.local,
        }
    }


def entry(told: Mapping[str, Any], source: str) -> Entry:
    """Make the entry of a record that `record` made.

    Raises:
        RecordError: it is another source's.
    """
    said = told[KEY]
    item: Item = said["item"]
    whose = item["properties"].get("tercet:source")
    if whose != source:
        raise RecordError(f"{item['id']} is an Item of {whose}: tercet harvest {whose} --records takes it")
    kin = tuple(Kin(key, rel) for key, rel in said["kin"])
    return Entry(
        item,
        said["product"],
        said["subject"],
        said["rank"],
        said["archive_id"],
        said["freshness"],
        kin=kin,
        local=said["local"],
    )
