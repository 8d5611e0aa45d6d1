"""ICESat-2's assets: what a URL is, its file name says; the types that CMR gives differ between archives."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from transforms.icesat2_granule import DATA_FILE, Facts

Asset = dict[str, Any]

HDF5 = "application/x-hdf5"
NETCDF = "application/netcdf"
JPEG = "image/jpeg"

EARTHDATA = "earthdata"
S3 = "s3"
S3_CREDENTIALS = "https://data.nsidc.earthdatacloud.nasa.gov/s3credentials"
AUTH_SCHEMES: Final[Mapping[str, Mapping[str, str]]] = {
    EARTHDATA: {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of NASA's Earthdata Login, https://urs.earthdata.nasa.gov",
    },
    S3: {
        "type": "s3",
        "description": f"Temporary keys that work in us-west-2 only, from {S3_CREDENTIALS} with an Earthdata Login",
        "tercet:credentials_endpoint": S3_CREDENTIALS,
    },
}

FILES: Final[Mapping[str, Mapping[str, Any]]] = {
    "data": {"title": "Granule (HDF5)", "type": HDF5, "roles": ["data"]},
    "dmrpp": {
        "title": "Byte positions of every chunk (DMR++)",
        "type": "application/vnd.opendap.dap4.dmrpp+xml",
        "roles": ["metadata", "index"],
    },
    "opendap": {"title": "OPeNDAP service", "roles": ["data", "service"]},
    "metadata_iso": {"title": "ISO 19115 metadata", "type": "application/xml", "roles": ["metadata"]},
    "thumbnail": {"title": "Browse image", "type": JPEG, "roles": ["thumbnail"]},
}
"""What each key says of itself, wherever it occurs. ``overview_*`` are as many as the granule has pictures."""

_NETCDF_FILE: Final = {"title": "Grid (NetCDF)", "type": NETCDF, "roles": ["data"]}
_ENDS: Final = ((".dmrpp", "dmrpp"), (".iso.xml", "metadata_iso"))
_PICTURES: Final = {".jpg": JPEG, ".jpeg": JPEG, ".png": "image/png"}
_PICTURE_ENDS: Final = tuple(_PICTURES)
_PUBLIC: Final = "-public/"
_REFS: Final = [EARTHDATA]


def assets(urls: Sequence[str], file_name: str, files: Mapping[str, Facts]) -> dict[str, Asset]:
    """Name and describe what a granule's URLs lead to.

    Args:
        urls: HTTPS and S3, in any order; what is none of a granule's files is left out.
        file_name: of the data file.
        files: what is known of files, by name.

    Returns:
        ``data``, ``dmrpp``, ``opendap``, ``metadata_iso``, ``thumbnail``, ``overview_*``, as far as there are
        URLs of them. S3 is the alternate of HTTPS.
    """
    ours: dict[str, Asset] = {}
    in_s3: dict[str, str] = {}
    for url in urls:
        if url.endswith(_PICTURE_ENDS):  # nine in ten are, half of them in S3 again
            if url.startswith("https:"):
                brw = url.rfind("_BRW.")
                key, described = _picture(url[brw + 4 :] if brw > 0 else _after_stem(url, file_name))
                ours[key] = {"href": url, **described} if _PUBLIC in url else _asset(url, described)
            continue
        name = url[url.rfind("/") + 1 :]
        file = _file(url, name, file_name)
        if file is None:
            continue
        if url.startswith("s3:"):
            in_s3[file] = url
        elif file not in ours:
            ours[file] = _asset(url, _described(file, name))
    for key, url in in_s3.items():
        _add_s3(ours, key, url)
    _add_facts(ours, files)
    return ours


def local_asset(href: str, suffix: str, size: int) -> Asset:
    """A granule on disk: nobody needs to log in."""
    described = _NETCDF_FILE if suffix.startswith(".nc") else FILES["data"]
    return {"href": href, **described, "tercet:evidence": "verified", "file:size": size}


def access(described: Mapping[str, Asset]) -> dict[str, Any]:
    """What the properties say of how to get at assets: the ways to log in, and the buckets, that some asks for.

    NASA's Earthdata Cloud lies in us-west-2; readers do not pay.
    """
    logins: set[str] = set()
    buckets: set[str] = set()
    for asset in described.values():
        if "auth:refs" in asset:  # browse images, nine in ten, have none
            logins.update(asset["auth:refs"])
        place = asset["alternate"][S3] if "alternate" in asset else asset
        if "storage:refs" in place:
            buckets.update(place["storage:refs"])
            logins.update(place.get("auth:refs", ()))
    stated: dict[str, Any] = {}
    if logins:
        stated["auth:schemes"] = {name: scheme for name, scheme in AUTH_SCHEMES.items() if name in logins}
    if buckets:
        stated["storage:schemes"] = {bucket: storage_scheme(bucket) for bucket in sorted(buckets)}
    return stated


@lru_cache(maxsize=64)
def storage_scheme(name: str) -> Mapping[str, Any]:
    """What ``storage:schemes`` says of one of the archive's buckets."""
    return {
        "type": "aws-s3",
        "platform": "https://{bucket}.s3.{region}.amazonaws.com",
        "bucket": name,
        "region": "us-west-2",
        "requester_pays": False,
    }


def _file(url: str, name: str, file_name: str) -> str | None:
    if "/opendap" in url:  # a host of that name, or a folder of the older archive's
        return "opendap"
    if name == file_name:
        return "data"
    for end, key in _ENDS:
        if name.endswith(end):
            return key
    return None


def _described(key: str, name: str) -> Mapping[str, Any]:
    return _NETCDF_FILE if name.endswith(".nc") else FILES[key]


def _asset(url: str, described: Mapping[str, Any]) -> Asset:
    asset = {"href": url, **described, "tercet:evidence": "recorded"}
    if _PUBLIC not in url:
        asset["auth:refs"] = _REFS
    return asset


def _add_s3(ours: dict[str, Asset], key: str, url: str) -> None:
    bucket = url.split("/", 3)[2]
    place: Asset = {"href": url, "alternate:name": "S3, from within us-west-2", "storage:refs": [bucket]}
    if not bucket.endswith("-public"):
        place["auth:refs"] = [S3]
    if key in ours:
        ours[key]["alternate:name"] = "HTTPS"
        ours[key]["alternate"] = {"s3": place}
    else:
        del place["alternate:name"]
        ours[key] = {**place, **_described(key, url), "tercet:evidence": "recorded"}


def _after_stem(url: str, file_name: str) -> str:
    """The end of a picture's name: what its granule is called would make a key of its own of every one."""
    return url[url.rfind("/") + 1 :].removeprefix(file_name.rpartition(".")[0])


def _add_facts(ours: Mapping[str, Asset], files: Mapping[str, Facts]) -> None:
    if "data" in ours:
        ours["data"].update(files.get(DATA_FILE, {}))
    if not files.keys() <= {DATA_FILE}:  # of few granules more is known than the size of the data file
        for key, asset in ours.items():
            if key != "opendap":  # the service is called as the file
                asset.update(files.get(asset["href"].rpartition("/")[2], {}))


@lru_cache(maxsize=1024)
def _picture(end: str) -> tuple[str, Mapping[str, Any]]:
    """The key of a browse image and what it says of itself and its evidence, by the end of its file name.

    The ends are few and the same for all granules of a product: .default.default1.jpg, .gt1l.h_canopy_abs.jpg. One
    that says nothing, .jpg alone, is the granule's only picture.
    """
    stem, dot, suffix = end.rpartition(".")
    media_type = _PICTURES[dot + suffix]
    words = stem.strip("._-").removeprefix("default.").removeprefix("h5.images.").replace(".", "_")
    if words in ("", "default1"):
        return "thumbnail", {**FILES["thumbnail"], "type": media_type, "tercet:evidence": "recorded"}
    key = "".join(letter if letter.isalnum() or letter in "_-" else "_" for letter in words)
    title = f"Browse image: {words.replace('_', ' ')}"
    return f"overview_{key}", {
        "title": title,
        "type": media_type,
        "roles": ["overview"],
        "tercet:evidence": "recorded",
    }
