"""HL7 v2 results (ORU): each OBX a result, runs of text under one order a report, all of one patient.

Source: HL7 v2.5.1, chapter 7 (observation reporting); tables 0078 (flags), 0085 (status), 0074 (section).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hl7 import HL7Exception

from prelim.documents.day import readings
from prelim.documents.export import Export, with_lines
from prelim.documents.hl7_fields import Segment, decoded, messages_of, moment
from prelim.documents.identity import Identity, normal_name
from prelim.documents.reference import read_reference
from prelim.documents.values import Printed, flag_of, read_value
from prelim.errors import InputError
from prelim.facts import Entry
from prelim.types import LabResult, digest_of

BEGINNINGS = (b"MSH", b"FHS", b"BHS", b"\x0bMSH")
_NOT_A_RESULT = ("D", "W", "X")
"""Deleted, posted to another patient, could not be obtained."""
_RADIOLOGY = ("RAD", "RUS", "CT", "NMR", "XRC", "NMS", "VUS", "OUS", "CUS", "RX", "US", "MR")
_PROSE = ("TX", "FT")
_NUMBERS = ("NM", "SN")


class _Order(NamedTuple):
    """An OBR and the OBX segments under it, each with the notes that follow it."""

    head: Segment | None
    results: list[tuple[Segment, list[Segment]]]
    specimen: str
    message: str


def read_hl7(data: bytes, name: str) -> Export:
    """The entries of one patient's messages. InputError several_patients, no_content, unreadable."""
    try:
        messages = list(messages_of(decoded(data)))
    except (HL7Exception, LookupError) as error:
        raise InputError("unreadable", f"{name} is a damaged HL7 message.", "Export it again.", name) from error
    people = [person for segments in messages for person in _people(segments)]
    if any(a.ids and b.ids and not a.ids & b.ids for a in people[:1] for b in people):
        message = f"{name} holds messages of several patients."
        raise InputError("several_patients", message, "Split it by patient.", name)
    several = len(messages) > 1
    orders = [
        order for number, segments in enumerate(messages, 1) for order in _orders(segments, number if several else 0)
    ]
    entries = [entry for order in orders for entry in _entries(order)]
    if not entries:
        raise InputError("no_content", f"{name} holds no HL7 result.", "What is read: ORU messages.", name)
    text, placed = with_lines({entry.key: entry for entry in entries}.values())
    about = people[0] if people else Identity()
    for person in people[1:]:
        about = about.joined(person)
    left_out = sum(_status(result) in _NOT_A_RESULT for order in orders for result, _ in order.results)
    issues = (f"{left_out} withdrawn results are left out.",) if left_out else ()
    return Export(text, placed, about, issues=issues)


def _people(segments: Iterable[Segment]) -> Iterator[Identity]:
    for pid in segments:
        if pid.name == "PID":
            ids = [repetition[0] for number in (2, 3) for repetition in pid.repetitions(number)]
            names = [normal_name(" ".join(repetition[:3])) for repetition in pid.repetitions(5)]
            born = moment(pid.text(7)) or ""
            yield Identity(frozenset(ids) - {""}, frozenset(names) - {""}, frozenset(readings(born[:10])))


def _orders(segments: Sequence[Segment], message: int) -> Iterator[_Order]:
    """The orders of a message; results before any OBR are an order of their own."""
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
            yield _Order(head, results, _specimen(head, part), f"MSH[{message}]/" if message else "")


def _specimen(head: Segment | None, part: Sequence[Segment]) -> str:
    """SPM-4, else OBR-15: the words where there are some."""
    typed = next((segment.components(4) for segment in part if segment.name == "SPM"), [])
    coded = typed or (head.components(15) if head else [])
    return (coded[1] if len(coded) > 1 and coded[1] else next(iter(coded), "")).split("&")[-1]


def _entries(order: _Order) -> list[Entry]:
    """A report where the order is one of images or all of it is prose, else a result for each OBX."""
    kept = [(obx, notes) for obx, notes in order.results if _status(obx) not in _NOT_A_RESULT]
    section = order.head.text(24).upper() if order.head else ""
    prose = kept and all(obx.field(2) in _PROSE for obx, _ in kept)
    if kept and (section in _RADIOLOGY or prose):
        return [_report(order, [obx for obx, _ in kept])]
    return [_result(order, obx, notes) for obx, notes in kept]


def _status(obx: Segment) -> str:
    return obx.text(11).upper()


def _named(segment: Segment, number: int) -> tuple[str, str | None]:
    """A coded field's name, and its LOINC code where one of its two codings is LOINC."""
    parts = [*segment.components(number), *[""] * 6][:6]
    loinc = parts[0] if parts[2] == "LN" else parts[3] if parts[5] == "LN" else None
    return parts[1] or parts[4] or parts[0], loinc or None


def _when(order: _Order, obx: Segment | None) -> str | None:
    """When it was observed: OBX-14, else OBR-7."""
    own = moment(obx.text(14)) if obx else None
    return own or (moment(order.head.text(7)) if order.head else None)


def _key(order: _Order, *parts: str) -> str:
    """What names a result in its source: its order, its test and its part. The same message twice is the same."""
    head = order.head
    named = [head.text(3) or head.text(2), head.field(4), head.text(7)] if head else []
    return "OBX/" + digest_of([*named, *parts])[:16]


def _report(order: _Order, lines: Sequence[Segment]) -> Entry:
    """The lines as one text; a line's own name (IMPRESSION) is its heading where it changes."""
    title = _named(order.head, 4)[0] if order.head else ""
    said, heading = [title], title
    for line in lines:
        name = _named(line, 3)[0].rpartition("&")[2]
        if name not in ("", heading, title):
            said.append(f"{name}:")
            heading = name
        said.append(line.whole(5))
    when, first = _when(order, lines[0]), lines[0]
    return Entry(
        type="report",
        key=_key(order, "report"),
        date=when[:10] if when else None,
        time=when,
        title=title or "Report",
        text="\n".join(filter(None, said)),
        pointer=f"{order.message}OBX[{first.number}]-5",
    )


def _result(order: _Order, obx: Segment, notes: Sequence[Segment]) -> Entry:
    name, loinc = _named(obx, 3)
    unit = obx.text(6)
    text = _value(obx)
    printed, limits, when = read_value(text), read_reference(obx.whole(7)), _when(order, obx)
    key, flag = _key(order, obx.field(3), obx.field(4)), obx.text(8)
    lab = LabResult(
        id="l-" + digest_of([key, text])[:12],
        name=name,
        specimen=order.specimen or None,
        loinc=loinc,
        kind=printed.kind,
        value=printed.value,
        comparator=printed.comparator,
        value_text=text,
        unit=unit,
        reference=limits,
        flag_printed=flag or None,
        flag=flag_of(Printed(*printed), limits),
        collected=when,
        readers="table",
    )
    comment = " ".join(note.whole(3) for note in notes)
    words = [name, text, unit, flag, "(preliminary)" if _status(obx) == "P" else "", f"({comment})" if comment else ""]
    return Entry(
        type="lab",
        key=key,
        date=when[:10] if when else None,
        time=when,
        title=name,
        text=" ".join(" ".join(filter(None, words)).split()),
        pointer=f"{order.message}OBX[{obx.number}]-5",
        value=printed.value,
        unit=unit or None,
        loinc=loinc,
        data=lab.model_dump(mode="json"),
    )


def _value(obx: Segment) -> str:
    """OBX-5 in words: a structured number as it is written, a code by its name, repetitions as one text."""
    kind, parts = obx.field(2), obx.components(5)
    if kind == "SN":
        return "".join(parts)
    if kind in ("CE", "CWE", "CNE", "CF"):
        return (parts[1] if len(parts) > 1 and parts[1] else next(iter(parts), "")) or (
            parts[8] if len(parts) > 8 else ""
        )
    return " ".join(obx.whole(5).split())
