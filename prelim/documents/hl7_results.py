"""The OBX segments of an HL7 v2 order as entries: results, and the text of a report.

Source: HL7 v2.5.1, chapter 7 (observation reporting); tables 0078 (flags), 0085 (status), 0074 (section), 0125 (types).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from prelim.documents.hl7_fields import Segment, moment
from prelim.documents.reference import read_reference
from prelim.documents.values import Printed, flag_of, read_value
from prelim.facts import Entry
from prelim.types import LabResult, digest_of

_WITHDRAWN = ("D", "W", "X")
"""Deleted, posted to another patient, could not be obtained."""
_CORRECTED = "C"
_RADIOLOGY = ("RAD", "RUS", "CT", "NMR", "XRC", "NMS", "VUS", "OUS", "CUS", "RX", "US", "MR")
_PROSE = ("TX", "FT")
_DATA = ("ED", "RP")
"""Embedded data, and a pointer to some."""
_TIMES = ("DT", "TS", "DTM")


class Order(NamedTuple):
    """An OBR and the OBX segments under it, each with the notes that follow it. `place` names the message."""

    head: Segment | None
    results: list[tuple[Segment, list[Segment]]]
    specimen: str
    place: str
    version: str | None


class Results:
    """The entries of a file's orders under their keys, and a count of what left none, by kind."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.left_out: Counter[str] = Counter()

    def add(self, order: Order) -> None:
        """A report where the order is one of images or all of it is prose, else a result for each OBX.

        What is corrected or withdrawn is said under the same key as before; the same test said twice in an order
        without either is two results.
        """
        kept = [pair for pair in order.results if self._says_something(pair[0])]
        section = order.head.text(24).upper() if order.head else ""
        if kept and (section in _RADIOLOGY or all(obx.field(2) in _PROSE for obx, _ in kept)):
            lines = [obx for obx, _ in kept if _status(obx) not in _WITHDRAWN]
            self._put(_key(order, "report"), _report(order, lines) if lines else None)
            return
        said: Counter[str] = Counter()
        for obx, notes in kept:
            key = _key(order, obx.field(3), obx.field(4), obx.field(14), *_unnumbered(order, obx))
            said[key] += _status(obx) not in (_CORRECTED, *_WITHDRAWN)
            key = f"{key}#{said[key]}" if said[key] > 1 else key
            self._put(key, None if _status(obx) in _WITHDRAWN else _result(order, obx, notes, key))

    def _put(self, key: str, entry: Entry | None) -> None:
        """The entry under its key; None takes away what stood there."""
        if entry:
            self.entries[key] = entry
        else:
            self.entries.pop(key, None)
            self.left_out["withdrawn"] += 1

    def _says_something(self, obx: Segment) -> bool:
        reasons = {
            "of a type that is not read": obx.field(2) in _DATA,
            "without a name": not obx.text(3),
            "without a value": not obx.text(5) and _status(obx) not in _WITHDRAWN,
        }
        # An empty line of prose only parts paragraphs.
        reason = next((reason for reason, holds in reasons.items() if holds), None)
        self.left_out.update([reason] if reason and (obx.field(5) or obx.field(2) not in _PROSE) else [])
        return reason is None

    def issues(self) -> Iterator[str]:
        """What of the file is not read, by kind."""
        if self.left_out:
            counts = ", ".join(f"{count} {reason}" for reason, count in sorted(self.left_out.items()))
            yield f"Results left out: {counts}."


def _status(obx: Segment) -> str:
    return obx.text(11).upper()


def _named(segment: Segment, number: int) -> tuple[str, str | None]:
    """A coded field's name, and its LOINC code where one of its two codings is LOINC."""
    parts = [*segment.components(number), *[""] * 6][:6]
    loinc = parts[0] if parts[2] == "LN" else parts[3] if parts[5] == "LN" else None
    return parts[1] or parts[4] or parts[0], loinc or None


def _unit(obx: Segment) -> tuple[str, str | None]:
    """A unit as it is written, and its UCUM code where it is coded so."""
    parts = [*obx.components(6), *[""] * 6][:6]
    ucum = parts[0] if parts[2] == "UCUM" else parts[3] if parts[5] == "UCUM" else None
    return parts[0] or parts[1] or parts[3], ucum or None


def _when(order: Order, obx: Segment | None) -> str | None:
    """When it was observed: OBX-14, else OBR-7."""
    own = moment(obx.text(14)) if obx else None
    return own or (moment(order.head.text(7)) if order.head else None)


def _key(order: Order, *parts: str) -> str:
    """What names a result in its source: its order, its test and its part. The same message twice is the same."""
    head = order.head
    named = [head.text(3) or head.text(2), head.field(4), head.text(7)] if head else []
    return "OBX/" + digest_of([*named, *parts])[:16]


def _unnumbered(order: Order, obx: Segment) -> tuple[str, ...]:
    """Results of orders without a number of their own are told apart by what they say."""
    numbered = order.head and (order.head.text(2) or order.head.text(3))
    return () if numbered else (obx.field(5),)


def _report(order: Order, lines: Sequence[Segment]) -> Entry:
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
        version=order.version,
        pointer=f"{order.place}OBX[{first.number}]-5",
    )


def _result(order: Order, obx: Segment, notes: Sequence[Segment], key: str) -> Entry:
    name, loinc = _named(obx, 3)
    unit, ucum = _unit(obx)
    text, flag = _value(obx), obx.text(8)
    printed = Printed("text", None, None) if obx.field(2) in _TIMES else read_value(text)
    limits, when = read_reference(obx.whole(7)), _when(order, obx)
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
        ucum=ucum,
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
        version=order.version,
        pointer=f"{order.place}OBX[{obx.number}]-5",
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
    if kind in _TIMES:
        return moment(obx.text(5)) or obx.text(5)
    if kind in ("CE", "CWE", "CNE", "CF"):
        return (parts[1] if len(parts) > 1 and parts[1] else next(iter(parts), "")) or (
            parts[8] if len(parts) > 8 else ""
        )
    return " ".join(obx.whole(5).split())
