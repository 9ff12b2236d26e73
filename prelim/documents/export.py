"""What a structured export (FHIR, HL7) gives: entries with their lines, whose they are, and what was refused of it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from prelim.documents.identity import Identity
from prelim.facts import Entry

_SHOWN = 5


class Fault(NamedTuple):
    """A part that was not taken: why (a code), what it is, and its place in the file."""

    code: str
    what: str
    place: str


class Export(NamedTuple):
    """An export, read. `text` has one line for each entry; `issues` say what of it is not read."""

    text: str
    entries: tuple[Entry, ...]
    about: Identity
    faults: tuple[Fault, ...] = ()
    issues: tuple[str, ...] = ()


def with_lines(entries: Iterable[Entry]) -> tuple[str, tuple[Entry, ...]]:
    """The entries, the earliest first, as lines of a text; each is told where it stands: a result by its value."""
    lines: list[str] = []
    placed: list[Entry] = []
    start = 0
    for entry in sorted(entries, key=lambda entry: entry.time or entry.date or ""):
        line = " ".join(filter(None, (entry.date, " ".join(entry.text.split()))))
        placed.append(entry.model_copy(update={"chars": _place(entry, line, start)}))
        lines.append(line)
        start += len(line) + 1
    return "\n".join(lines), tuple(placed)


def _place(entry: Entry, line: str, start: int) -> tuple[int, int]:
    value = str(entry.data.get("value_text") or "") if entry.type == "lab" else ""
    at = line.rfind(value, len(entry.title)) if value else -1
    return (start + at, start + at + len(value)) if at >= 0 else (start, start + len(line))


def summed_up(faults: Sequence[Fault]) -> list[tuple[str, str]]:
    """(code, sentence) for each kind of fault, naming the first few places."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for fault in faults:
        kinds.setdefault((fault.code, fault.what), []).append(fault.place)
    return [(code, f"{what} ({_listed(places)}).") for (code, what), places in kinds.items()]


def _listed(places: Sequence[str]) -> str:
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return ", ".join(places[:_SHOWN]) + more


def in_utc(moment: str | None) -> str | None:
    """An ISO moment in UTC, so that moments sort as text; one without a zone counts as UTC. None for what is none."""
    try:
        read = datetime.fromisoformat(moment or "")
        return (read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        return None
