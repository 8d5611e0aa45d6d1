"""CMR's records of ICESat-2's Collections (UMM-C) in the real shape, with persons, numbers and words invented."""

from typing import Any

from tests.upstreams.icesat2_archive import PROVIDER, Archive

ROOT = "https://data.nsidc.earthdatacloud.nasa.gov"
BUCKETS = ("nsidc-cumulus-prod-protected", "nsidc-cumulus-prod-public")


def item(archive: Archive, release: str) -> dict[str, Any]:
    """One item of a ``collections.umm_json`` answer."""
    return {
        "meta": {
            "concept-type": "collection",
            "concept-id": archive.concept_id(release),
            "revision-id": 12,
            "native-id": archive.title(release),
            "provider-id": PROVIDER,
            "format": "application/vnd.nasa.cmr.umm+json",
            "revision-date": "2026-02-03T04:05:06.789Z",
        },
        "umm": _umm(archive.short_name, release, archive.title(release)),
    }


def _umm(short_name: str, release: str, title: str) -> dict[str, Any]:
    doi = f"10.5067/ATLAS/{short_name}.{release}"
    return {
        "ShortName": short_name,
        "Version": release,
        "EntryTitle": title,
        "DOI": {"DOI": doi, "Authority": "https://doi.org"},
        "Abstract": f"This data set ({short_name}) is not real.\n It is made for tests.",
        "CollectionCitations": [
            {
                "Creator": "A. Tester, B. Checker, and C. Proof",
                "Title": title,
                "Version": release,
                "ReleaseDate": "2025-06-30T00:00:00.000Z",
                "ReleasePlace": "Boulder, Colorado USA",
                "Publisher": "NASA National Snow and Ice Data Center Distributed Active Archive Center",
                "OnlineResource": {"Linkage": f"https://doi.org/{doi}"},
            }
        ],
        "CollectionProgress": "ACTIVE",
        "ProcessingLevel": {"Id": "3A"},
        "ScienceKeywords": [
            {"Category": "EARTH SCIENCE", "Topic": "CRYOSPHERE", "Term": "GLACIERS/ICE SHEETS"},
            {
                "Category": "EARTH SCIENCE",
                "Topic": "BIOSPHERE",
                "Term": "VEGETATION",
                "VariableLevel1": "CANOPY HEIGHT",
            },
        ],
        "UseConstraints": {"LicenseURL": {"Linkage": "https://example.org/data-use", "Name": "Data use"}},
        "SpatialExtent": {
            "HorizontalSpatialDomain": {
                "Geometry": {
                    "CoordinateSystem": "CARTESIAN",
                    "BoundingRectangles": [
                        {
                            "WestBoundingCoordinate": -180,
                            "SouthBoundingCoordinate": -90,
                            "EastBoundingCoordinate": 180,
                            "NorthBoundingCoordinate": 90,
                        }
                    ],
                }
            }
        },
        "TemporalExtents": [
            {"RangeDateTimes": [{"BeginningDateTime": "2018-10-14T00:00:00.000Z"}], "EndsAtPresentFlag": True}
        ],
        "DirectDistributionInformation": {
            "Region": "us-west-2",
            "S3BucketAndObjectPrefixNames": [f"{bucket}/ATLAS/{short_name}/{release}" for bucket in BUCKETS],
            "S3CredentialsAPIEndpoint": f"{ROOT}/s3credentials",
            "S3CredentialsAPIDocumentationURL": f"{ROOT}/s3credentialsREADME",
        },
        "RelatedUrls": _urls(short_name, release),
        "MetadataSpecification": {
            "URL": "https://cdn.earthdata.nasa.gov/umm/collection/v1.18.3",
            "Name": "UMM-C",
            "Version": "1.18.3",
        },
    }


def _urls(short_name: str, release: str) -> list[dict[str, str]]:
    guide = f"https://example.org/{short_name.lower()}-v{release}"
    return [
        {
            "URL": f"{guide}/userguide.pdf",
            "URLContentType": "PublicationURL",
            "Type": "VIEW RELATED INFORMATION",
            "Subtype": "USER'S GUIDE",
            "Description": "How to use the data.",
        },
        {
            "URL": f"{guide}/atbd.pdf",
            "URLContentType": "PublicationURL",
            "Type": "VIEW RELATED INFORMATION",
            "Subtype": "ALGORITHM THEORETICAL BASIS DOCUMENT (ATBD)",
        },
        {"URL": guide, "URLContentType": "CollectionURL", "Type": "DATA SET LANDING PAGE"},
        {"URL": f"{ROOT}/ATLAS", "URLContentType": "DistributionURL", "Type": "GET DATA"},
    ]
