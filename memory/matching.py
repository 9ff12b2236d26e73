"""Whether a record is of the kind that a request asks for: its type, test, kind of image, region and view."""

from collections import Counter
from collections.abc import Callable

from memory.request import Request
from memory.vocabulary import test_of, vocabulary
from prelim.types import Record, Series, Study

_MEASURED = ("lab", "vital", "observation")
_FRONTAL = frozenset({"PA", "AP"})
_ENDED = {"resolved", "inactive", "remission", "completed", "stopped", "cancelled", "entered-in-error", "ended"}
_HEAD_CHARS = 300
"""A report names its own kind of image at its head; further down it names what it was compared with."""


def fits(record: Record, request: Request) -> bool:
    """Whether a record answers the structured part of a request. Days are no part of it: they filter before."""
    if request.tests:
        return is_of_test(record, request)
    if request.types and record.type not in request.types:
        return False
    if request.active and has_ended(record):
        return False
    return not request.images or shows(record, request)


def is_of_test(record: Record, request: Request) -> bool:
    """Whether a record is a result of one of the tests, in the specimen that is asked for: blood where none is."""
    if record.type not in _MEASURED or test_of(record.title, record.loinc) not in request.tests:
        return False
    stated = " ".join(filter(None, (record.title, record.data.get("specimen"))))
    specimens = {hit.meaning for hit in vocabulary().specimens.find(stated)}
    return bool(specimens & request.specimens) if request.specimens else not specimens


def has_ended(record: Record) -> bool:
    """Whether a record is of something that is over: a problem that resolved, a drug that was stopped."""
    data = record.data
    if record.type not in ("condition", "medication", "allergy"):
        return False
    said = {str(data.get(key, "")).lower() for key in ("clinical_status", "clinicalStatus", "status")}
    return bool(said & _ENDED or any(data.get(key) for key in ("abated", "abatement", "end")))


def shows(record: Record, request: Request) -> bool:
    """Whether a record is of an image of that kind, region and view; what it does not state, it may be."""
    return all(
        not asked or not stated or bool(stated & asked)
        for asked, stated in (
            (request.modalities, modalities_of(record)),
            (request.regions, regions_of(record)),
            (frozenset(_expanded(request.views)), views_of(record)),
        )
    )


def _expanded(views: frozenset[str]) -> set[str]:
    """Views without "same", which ranks and does not filter; "frontal" is either frontal view."""
    return {view for asked in views - {"same"} for view in (_FRONTAL if asked == "frontal" else {asked})}


def modalities_of(record: Record) -> frozenset[str]:
    """The kinds of image that a record is of, as the vocabulary calls them."""
    known = vocabulary()
    codes = _of_series(record, lambda series: series.modality) or frozenset(_listed(record, "modalities"))
    coded = frozenset(known.modalities[code] for code in codes if code in known.modalities)
    return coded or frozenset(hit.meaning for hit in known.images.find(_head(record)))


def regions_of(record: Record) -> frozenset[str]:
    """The body regions that a record is of: of a report without a telling title, those that it names most."""
    parts = _of_series(record, lambda series: series.body_part)
    if parts:
        return frozenset(_regions(" ".join(parts).lower()))
    if record.type != "report":
        return frozenset(_regions(" ".join([*_listed(record, "regions"), _head(record)])))
    named = _regions(record.title) or _regions(record.text)
    return frozenset(region for region, count in named.items() if count == max(named.values()))


def _regions(text: str) -> Counter[str]:
    return Counter(hit.meaning for hit in vocabulary().regions.find(text))


def views_of(record: Record) -> frozenset[str]:
    """The views of a study's series."""
    return _of_series(record, lambda series: series.view or "")


def same_view(one: Record, other: Record) -> bool:
    """Whether two films are of the same view, the two frontal ones being one."""
    views, others = ({view in _FRONTAL or view for view in views_of(record)} for record in (one, other))
    return views == others


def _of_series(record: Record, what: Callable[[Series], str]) -> frozenset[str]:
    if record.type != "study":
        return frozenset()
    return frozenset(filter(None, (what(series) for series in Study.model_validate(record.data).series)))


def _listed(record: Record, key: str) -> list[str]:
    """A datum of a record, one or several: an ImagingStudy lists its modalities and regions."""
    found = record.data.get(key, [])
    return [str(item) for item in (found if isinstance(found, list) else [found])]


def _head(record: Record) -> str:
    return f"{record.title}. {record.text[:_HEAD_CHARS]}"
