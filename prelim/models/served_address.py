"""`served:URL1,URL2#NAME`: where a model is served and what it is called there. Nothing is asked here."""

from urllib.parse import SplitResult, urlsplit

from prelim.errors import InputError
from prelim.types import ModelIdentity, Value, digest_of

PREFIX = "served:"
_FORM = "Write served:http://HOST:PORT/v1#NAME, several URLs with commas between."


class Address(Value):
    """Base URLs (each with its `/v1` or the like, no slash at the end) of servers of one model, and its name there."""

    urls: tuple[str, ...]
    name: str

    def identity(self, card: str) -> ModelIdentity:
        """What can be known of a served model: its name and where it is asked. Its weights cannot be verified.

        The digest is over both: what a name stands for is the server's matter, and results are remembered by digest.
        """
        digest = digest_of({"served": self.name, "urls": sorted(self.urls)})
        return ModelIdentity(name="served", revision=self.name, digest=digest, card=card, verified=False)


def is_served(model: str) -> bool:
    """Whether a model setting names a server."""
    return model.startswith(PREFIX)


def address_of(model: str) -> Address:
    """The address in a model setting. InputError `bad_address`."""
    places, _, name = model.removeprefix(PREFIX).partition("#")
    urls = tuple(url.strip().rstrip("/") for url in places.split(",") if url.strip())
    if not urls or not name:
        raise InputError("bad_address", "A served model needs a URL and a name.", _FORM)
    for url in urls:
        _check(url)
    return Address(urls=tuple(dict.fromkeys(urls)), name=name)


def _check(url: str) -> None:
    """The address is stored with the case and shown: a key in it is refused, unsaid."""
    parts = _split(url)
    if "@" in parts.netloc or parts.query:
        raise InputError("bad_address", "A served model's URL carries no key.", "Set PRELIM_SERVED_KEY instead.")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("bad_address", f"'{url}' is no http address.", _FORM)


def _split(url: str) -> SplitResult:
    """The URL's parts, its port a number."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise InputError("bad_address", "A served model's URL cannot be read.", _FORM) from error
    return parts
