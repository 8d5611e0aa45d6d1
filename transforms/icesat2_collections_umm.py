"""What CMR says of a Collection, in UMM-C: all of it optional, and in words that its provider chose."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

Sent = Mapping[str, Any]

CONCEPTS: Final = "https://cmr.earthdata.nasa.gov/search/concepts"

_NOTHING: Final[Sent] = {}
_SPACES: Final = re.compile(r"\s+")
_DOCUMENTS: Final = frozenset({"PublicationURL", "CollectionURL"})
_TYPES: Final = {".pdf": "application/pdf", ".html": "text/html", ".htm": "text/html"}


class Said(NamedTuple):
    """What CMR says of a Collection; what it does not say is empty.

    Attributes:
        title: the entry title.
        abstract: what it is, in a paragraph or two.
        doi: without a resolver's address.
        citation: in one sentence, as to be printed.
        license_url: of the terms of use.
        terms: science keywords, in lower case, the most special of each.
        buckets: of S3, by name.
        region: of the buckets.
        credentials_endpoint: where temporary keys to them are given out.
        links: STAC links to its record and documents.
    """

    title: str = ""
    abstract: str = ""
    doi: str = ""
    citation: str = ""
    license_url: str = ""
    terms: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    region: str = ""
    credentials_endpoint: str = ""
    links: tuple[Mapping[str, str], ...] = ()


def read(said: Sent | None) -> Said:
    """Read an item of a ``collections.umm_json`` answer; what is not as UMM-C has it is left out.

    Source: UMM-C 1.18.
    """
    umm = _mapping((said or _NOTHING).get("umm"))
    if not umm:
        return Said()
    cloud = _mapping(umm.get("DirectDistributionInformation"))
    doi = _text(_mapping(umm.get("DOI")).get("DOI")).removeprefix("https://doi.org/").removeprefix("doi:")
    return Said(
        title=_text(umm.get("EntryTitle")),
        abstract=_text(umm.get("Abstract")),
        doi=doi,
        citation=_citation(umm, doi),
        license_url=_text(_mapping(_mapping(umm.get("UseConstraints")).get("LicenseURL")).get("Linkage")),
        terms=tuple(dict.fromkeys(_terms(umm))),
        buckets=tuple(dict.fromkeys(_buckets(cloud))),
        region=_text(cloud.get("Region")),
        credentials_endpoint=_text(cloud.get("S3CredentialsAPIEndpoint")),
        links=(*_record(_mapping((said or _NOTHING).get("meta"))), *_documents(umm)),
    )


def _citation(umm: Sent, doi: str) -> str:
    """A citation as NSIDC asks for it: creator (year). title (version). publisher. DOI."""
    for cited in _mappings(umm.get("CollectionCitations")):
        creator, title, publisher = (_text(cited.get(key)) for key in ("Creator", "Title", "Publisher"))
        if not title:
            continue
        year, version = _text(cited.get("ReleaseDate"))[:4], _text(cited.get("Version"))
        who = f"{creator.rstrip('.')} ({year}). " if creator and year else f"{creator.rstrip('.')}. " if creator else ""
        sentences = [title + (f", version {version}" if version else ""), publisher.rstrip(".")]
        address = f" https://doi.org/{doi}" if doi else ""
        return who + " ".join(f"{sentence}." for sentence in sentences if sentence) + address
    return ""


def _terms(umm: Sent) -> Iterator[str]:
    levels = ("VariableLevel3", "VariableLevel2", "VariableLevel1", "Term")
    for keyword in _mappings(umm.get("ScienceKeywords")):
        term = next((text for level in levels if (text := _text(keyword.get(level)))), "")
        if term:
            yield term.lower()


def _buckets(cloud: Sent) -> Iterator[str]:
    prefixes = cloud.get("S3BucketAndObjectPrefixNames")
    for prefix in prefixes if isinstance(prefixes, list) else ():
        bucket = _text(prefix).removeprefix("s3://").partition("/")[0]
        if bucket:
            yield bucket


def _record(meta: Sent) -> Iterator[Mapping[str, str]]:
    concept_id = _text(meta.get("concept-id"))
    if concept_id:
        yield {
            "rel": "via",
            "href": f"{CONCEPTS}/{concept_id}.umm_json",
            "type": "application/vnd.nasa.cmr.umm+json",
            "title": "The Collection at NASA's CMR",
        }


def _documents(umm: Sent) -> Iterator[Mapping[str, str]]:
    seen: set[str] = set()
    for related in _mappings(umm.get("RelatedUrls")):
        url = _text(related.get("URL"))
        if related.get("URLContentType") not in _DOCUMENTS or not url.startswith("http") or url in seen:
            continue
        seen.add(url)
        is_page = "LANDING" in _text(related.get("Type"))
        kind = _text(related.get("Subtype")) or _text(related.get("Type"))
        link = {"rel": "about" if is_page else "describedby", "href": url, "title": _title(kind, related)}
        media_type = next((name for end, name in _TYPES.items() if url.lower().endswith(end)), "")
        yield {**link, "type": media_type} if media_type else link


def _title(kind: str, related: Sent) -> str:
    described = _text(related.get("Description"))
    return described or kind.capitalize().replace("(atbd)", "(ATBD)") or "Documentation"


def _text(value: object) -> str:
    return _SPACES.sub(" ", value).strip() if isinstance(value, str) else ""


def _mapping(value: object) -> Sent:
    return value if isinstance(value, Mapping) else _NOTHING


def _mappings(value: object) -> list[Sent]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []
