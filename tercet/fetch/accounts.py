"""Which account opens which file: the providers' data hosts, where they redirect to, and what a refusal means.

The one table of hosts. A file's address is the provider's own, also where the settings name another root (a mirror,
a proxy, a fake): it is then asked for there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import unquote

import httpx2

from tercet.fetch import carbon_mapper, earthdata, maap
from tercet.fetch.credentials import THIS_MACHINE, Credential
from tercet.settings import Settings

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Place:
    """Where files of a provider are.

    Attributes:
        published: the address that the provider gives, with ``/`` at its end.
        root: where this deployment asks instead; mostly the same.
        within: below it, where files are; the rest of an API is nobody's file.
    """

    published: httpx2.URL
    root: httpx2.URL
    within: tuple[str, ...] = ("",)

    def located(self, url: httpx2.URL) -> httpx2.URL | None:
        """Where to ask for a file; None where it is not of this place."""
        for base in (self.published, self.root):
            if origin(url) == origin(base) and self._holds(url.path, base.path):
                rest = url.raw_path[len(base.raw_path) :]
                return self.root.copy_with(raw_path=self.root.raw_path + rest)
        return None

    @property
    def prefixes(self) -> tuple[str, ...]:
        """How the addresses of files begin: a quick look, which `located` takes more closely."""
        return tuple(dict.fromkeys(f"{base}{part}" for base in (self.published, self.root) for part in self.within))

    def _holds(self, path: str, base: str) -> bool:
        # servers differ in what they decode, and when
        is_plain = not {".", ".."} & set(unquote(unquote(path)).replace("\\", "/").split("/"))
        return is_plain and any(path.startswith(base + part) for part in self.within)


@dataclass(frozen=True, slots=True)
class Account:
    """A provider of files, and who we are there.

    Attributes:
        source: as Items name it: ``carbon-mapper``.
        provider: as messages name it.
        credential: None where nobody is named.
        places: where its files are.
        storage: hosts that it redirects to, ``host``, ``host:port`` or ``*.domain``. They never see the credential.
        login: what to set where it does not know us.
        rights: what the account may be missing where it refuses us.
        login_host: where it sends those whom it does not know; empty where it answers 401.
    """

    source: str
    provider: str
    credential: Credential | None
    places: tuple[Place, ...]
    storage: tuple[str, ...]
    login: str
    rights: str
    login_host: str = ""

    def located(self, url: httpx2.URL) -> httpx2.URL | None:
        """Where to ask for a file; None where it is not this provider's."""
        return next((found for place in self.places if (found := place.located(url))), None)

    def redirects_to(self, url: httpx2.URL) -> bool:
        """Whether the provider may send us there."""
        if any(_is_on(url, place.root) for place in self.places):
            return True
        if url.scheme != "https" and url.host not in THIS_MACHINE:
            return False
        here = f"{url.host}:{port_of(url)}"
        names = (here, url.host) if port_of(url) == _PORTS[url.scheme] else (here,)
        return any(fnmatchcase(name, pattern) for name in names for pattern in self.storage)


def accounts(settings: Settings) -> tuple[Account, ...]:
    """Every provider of files.

    Raises:
        ConfigError: a credential is half there, or a file that should hold one cannot be read.
    """
    return tuple(account(settings) for account in ACCOUNTS)


def origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port."""
    return url.scheme, url.host, port_of(url)


def port_of(url: httpx2.URL) -> int | None:
    """The port, also where it is not spelled."""
    return url.port or _PORTS.get(url.scheme)


def _is_on(url: httpx2.URL, root: httpx2.URL) -> bool:
    """Whether a redirect stays on a host; on this machine, where nothing but fakes are, on any port."""
    if url.host == root.host and root.host in THIS_MACHINE:
        return url.scheme in _PORTS
    return origin(url) == origin(root)


def _carbon_mapper(settings: Settings) -> Account:
    """Gated files are on the API's host, signed ones on another, which REST answers show."""
    root = _folder(str(settings.carbon_mapper_url))
    return Account(
        source="carbon-mapper",
        provider="Carbon Mapper",
        credential=carbon_mapper.credential(settings, str(settings.carbon_mapper_url).rstrip("/")),
        places=(Place(httpx2.URL("https://api.carbonmapper.org/api/v1/"), root, ("catalog/", "stac/")),),
        storage=("catalog.carbonmapper.org", *settings.storage_hosts),
        login="set CARBONMAPPER_TOKEN, or CARBONMAPPER_EMAIL and CARBONMAPPER_PASSWORD",
        rights="the file is not public: the account needs a group of Carbon Mapper that may see it",
    )


def _icesat2(settings: Settings) -> Account:
    """The distribution of Earthdata Cloud signs for its buckets, through CloudFront or, within AWS, S3 itself."""
    nsidc = httpx2.URL("https://data.nsidc.earthdatacloud.nasa.gov/")
    hyrax = httpx2.URL("https://opendap.earthdata.nasa.gov/")
    root = _folder(str(settings.nsidc_url))
    buckets = ("nsidc-cumulus-prod-protected", "nsidc-cumulus-prod-public")
    s3 = tuple(f"{bucket}.{host}" for bucket in buckets for host in ("s3.us-west-2.amazonaws.com", "s3.amazonaws.com"))
    return Account(
        source="icesat2",
        provider="NASA Earthdata",
        credential=earthdata.credential(settings, frozenset({root.host, hyrax.host})),
        places=(Place(nsidc, root), Place(hyrax, hyrax)),
        storage=("*.cloudfront.net", *s3, *settings.storage_hosts),
        login="set EARTHDATA_TOKEN, or EARTHDATA_USERNAME and EARTHDATA_PASSWORD, or write them to ~/.netrc",
        rights=(
            "the account has not accepted the data's licence (EULA), or not approved the archive's application: "
            "do it at https://urs.earthdata.nasa.gov under Applications"
        ),
        login_host=settings.earthdata_login_url.host or "",
    )


def _earthcare(settings: Settings) -> Account:
    """Catalogue and files are on one host; no redirect of it is known."""
    root = httpx2.URL(str(settings.maap_url)).copy_with(raw_path=b"/")
    published = httpx2.URL("https://catalog.maap.eo.esa.int/")
    return Account(
        source="earthcare",
        provider="ESA MAAP",
        credential=maap.credential(settings),
        places=(Place(published, root, ("data/", "catalogue/")),),
        storage=settings.storage_hosts,
        login="set MAAP_OFFLINE_TOKEN and MAAP_CLIENT_SECRET, or write them to ~/credentials.txt",
        rights=(
            "the account is not in the group of ESA's IAM that may read this collection (products that are not "
            "validated are for commissioning and Cal/Val users), or the file is not there: ESA answers both alike"
        ),
    )


ACCOUNTS: tuple[Callable[[Settings], Account], ...] = (_carbon_mapper, _icesat2, _earthcare)
"""One for each provider of files."""


def _folder(root: str) -> httpx2.URL:
    return httpx2.URL(root.rstrip("/") + "/")
