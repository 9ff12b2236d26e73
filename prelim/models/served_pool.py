"""Several servers of one model behind one address: the least loaded that is well answers, what may pass is retried."""

import time
from threading import Lock

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from prelim.errors import InputError
from prelim.models.served_address import Address, address_of
from prelim.models.served_completion import Question
from prelim.models.served_endpoint import Endpoint, Reply
from prelim.models.served_errors import PassingError
from prelim.settings import Settings

_ATTEMPTS = 5
_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 8.0
_REST_S = 15.0
"""How long a server that failed is passed over while another is well."""


def open_pool(settings: Settings) -> "Pool":
    """The servers that the settings' model names. Nothing is sent yet. InputError: the address, or the key."""
    return Pool(address_of(settings.model), _key(settings), settings.served_timeout_s)


def _key(settings: Settings) -> str | None:
    key = settings.served_key.get_secret_value().strip() if settings.served_key else None
    if key and not (key.isascii() and key.isprintable()):
        remedy = "Set PRELIM_SERVED_KEY to the key alone."
        raise InputError("bad_setting", "The model server's key has characters that no key has.", remedy)
    return key


class Pool:
    """The servers of an address. Safe to share by threads."""

    def __init__(self, address: Address, key: str | None, timeout_s: float) -> None:
        self.endpoints = [Endpoint(url, address.name, key, timeout_s) for url in address.urls]
        self._lock = Lock()
        self._load = dict.fromkeys(self.endpoints, 0)
        self._rests_until_s = dict.fromkeys(self.endpoints, 0.0)

    def complete(self, question: Question) -> Reply:
        """The answer of whichever server can give one. UnavailableError, the last one, where none can."""
        retrying = Retrying(
            retry=retry_if_exception(self._may_pass),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=_PAUSE_S, max=_LONGEST_PAUSE_S),
            reraise=True,
        )
        return retrying(self._once, question)

    def _once(self, question: Question) -> Reply:
        endpoint = self._take()
        try:
            return endpoint.complete(question)
        except PassingError:
            with self._lock:
                self._rests_until_s[endpoint] = time.monotonic() + _REST_S
            raise
        finally:
            with self._lock:
                self._load[endpoint] -= 1

    def _take(self) -> Endpoint:
        """The least loaded of those that are well; of those that rest, the one that has rested longest."""
        with self._lock:
            now = time.monotonic()
            endpoint = min(self.endpoints, key=lambda e: (max(0.0, self._rests_until_s[e] - now), self._load[e]))
            self._load[endpoint] += 1
            return endpoint

    def _may_pass(self, error: BaseException) -> bool:
        """A server that was too slow once will be so again: only another one is asked."""
        slow = isinstance(error, PassingError) and error.code == "model_timeout"
        return isinstance(error, PassingError) and (not slow or self._any_well())

    def _any_well(self) -> bool:
        with self._lock:
            return min(self._rests_until_s.values()) <= time.monotonic()
