"""HL7 v2 results (ORU): the messages and orders of a file, all of one patient.

Source: HL7 v2.5.1, chapter 7 (observation reporting).
"""

from collections.abc import Iterable, Iterator, Sequence

from hl7 import HL7Exception

from prelim.documents.day import readings
from prelim.documents.export import Export, in_utc, with_lines
from prelim.documents.hl7_fields import Segment, decoded, messages_of, moment
from prelim.documents.hl7_results import Order, Results
from prelim.documents.identity import Identity, normal_name
from prelim.errors import InputError

BEGINNINGS = (b"MSH", b"FHS", b"BHS", b"\x0bMSH")


def read_hl7(data: bytes, name: str) -> Export:
    """The entries of one patient's messages. InputError several_patients, no_content, unreadable."""
    try:
        messages = list(messages_of(decoded(data)))
    except (HL7Exception, LookupError) as error:
        raise InputError("unreadable", f"{name} is a damaged HL7 message.", "Export it again.", name) from error
    results, about = Results(), Identity()
    for number, segments in enumerate(messages, 1):
        for person in _people(segments):
            about = _one_person(about, person, name)
        for order in _orders(segments, number if len(messages) > 1 else 0):
            results.add(order)
    if not results.entries:
        message = " ".join([f"{name} holds no HL7 result.", *results.issues()])
        raise InputError("no_content", message, "What is read: ORU messages.", name)
    text, placed = with_lines(results.entries.values())
    return Export(text, placed, about, issues=tuple(results.issues()))


def _one_person(known: Identity, person: Identity, name: str) -> Identity:
    """What messages say of a patient, together. InputError several_patients where they contradict each other."""
    contradicted = [bool(mine and theirs and not mine & theirs) for mine, theirs in zip(known, person, strict=True)]
    ids, names, births = contradicted
    if ids or (names and births):
        message = f"{name} holds messages of several patients."
        raise InputError("several_patients", message, "Split it by patient.", name)
    return known.joined(person)


def _people(segments: Iterable[Segment]) -> Iterator[Identity]:
    for pid in segments:
        if pid.name == "PID":
            ids = [repetition[0] for number in (2, 3) for repetition in pid.repetitions(number)]
            names = [normal_name(" ".join(repetition[:3])) for repetition in pid.repetitions(5)]
            born = moment(pid.text(7)) or ""
            yield Identity(frozenset(ids) - {""}, frozenset(names) - {""}, frozenset(readings(born[:10])))


def _orders(segments: Sequence[Segment], message: int) -> Iterator[Order]:
    """The orders of a message; results before any OBR are an order of their own."""
    sent = next((moment(segment.text(7)) for segment in segments if segment.name == "MSH"), None)
    parts: list[list[Segment]] = [[]]
    for segment in segments:
        if segment.name == "OBR":
            parts.append([])
        parts[-1].append(segment)
    for part in parts:
        head = part[0] if part and part[0].name == "OBR" else None
        results: list[tuple[Segment, list[Segment]]] = []
        for segment in part:
            if segment.name == "OBX":
                results.append((segment, []))
            elif segment.name == "NTE" and results:
                results[-1][1].append(segment)
        if results:
            place = f"MSH[{message}]/" if message else ""
            yield Order(head, results, _specimen(head, part), place, in_utc(sent))


def _specimen(head: Segment | None, part: Sequence[Segment]) -> str:
    """SPM-4, else OBR-15: the words where there are some."""
    typed = next((segment.components(4) for segment in part if segment.name == "SPM"), [])
    coded = typed or (head.components(15) if head else [])
    return (coded[1] if len(coded) > 1 and coded[1] else next(iter(coded), "")).split("&")[-1]
