"""What the tools, the history and the models hold, in tables and lines for a terminal. JSON is `--json`'s."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from prelim.imaging.naming import series_name, told_apart

if TYPE_CHECKING:
    from memory.audit import AuditReport
    from memory.outbox import IndexReport
    from prelim.facts import Notes, SecondRead
    from prelim.models.card import Card
    from prelim.models.catalog import Pinned
    from prelim.types import (
        Document,
        Finding,
        Labs,
        Localization,
        Longitudinal,
        NotAssessed,
        Priors,
        Readings,
        Record,
        Triage,
    )
    from tools.dictation import Transcription
    from tools.intake import Inspection, Seen, SeenRecording

_PIPED_COLUMNS = 140
"""Width where no terminal says its own."""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table without rules; what does not fit goes on in the next line. Empty without rows."""
    grid = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for column in grid.columns:
        column.overflow = "fold"
    for row in rows:
        grid.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    if not grid.row_count:
        return ""
    console = Console() if Console().is_terminal else Console(width=_PIPED_COLUMNS)
    with console.capture() as captured:
        console.print(grid)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _parts(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))


def _lines(word: str, texts: Iterable[str]) -> str:
    return "\n".join(f"{word}: {text}" for text in texts)


def _probability(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _end(uid: str | None) -> str:
    """The end of a UID, which tells it from others."""
    return f"…{uid[-12:]}" if uid and len(uid) > 13 else uid or ""


def _side(laterality: str | None) -> str:
    return laterality or "not known"


def _not_assessed(items: Iterable["NotAssessed"]) -> str:
    """One line a task and reason, with the findings it was about."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for item in items:
        reasons.setdefault((item.task, item.reason), []).extend([item.label] if item.label else [])
    return _lines(
        "not assessed",
        (f"{' of '.join(filter(None, (task, ', '.join(of))))}. {reason}" for (task, reason), of in reasons.items()),
    )


# ------------------------------------------------------------------ tools


def inspected(seen: "Inspection") -> str:
    """Series with geometry, documents, refusals."""
    columns = ("image", "view", "date", "kind", "slices × rows × columns", "spacing, mm", "series", "file", "notes")
    documents = [(item.path, item.kind, _extent(item), item.date, " ".join(item.issues)) for item in seen.documents]
    return _parts(
        table(columns, (_series(item) for item in seen.series)),
        table(("document", "kind", "pages", "date", "notes"), documents),
        table(("refused", "code", "why"), ((item.path, item.code, item.message) for item in seen.refused)),
    )


def _extent(item: "Document | SeenRecording") -> int | str:
    """How many pages; of a recording, how long."""
    seconds: float | None = getattr(item, "seconds", None)
    return item.pages if seconds is None else _clock(seconds)


def _series(item: "Seen") -> tuple[object, ...]:
    spacing = " × ".join(f"{step:g}" for step in item.spacing_mm or () if step is not None)
    shape = " × ".join(map(str, item.shape))
    uid = _end(item.series_instance_uid) + (f" [{item.volume}]" if item.volume else "")
    return (
        series_name(item),
        item.view,
        item.date,
        item.kind,
        shape,
        spacing,
        uid,
        item.file,
        ". ".join(filter(None, (told_apart(item), " ".join(item.issues)))),
    )


def triaged(found: "Triage") -> str:
    """Urgency, quality, and every finding asked about."""
    quality = [f"{verdict.replace('_', ' ')} (study {_end(uid)})" for uid, verdict in found.quality.items()]
    return _parts(
        "\n".join([f"urgency: {found.urgency.replace('_', ' ')}", _lines("quality", quality)]),
        _findings(found.findings),
        _not_assessed(found.not_assessed),
        _lines("warning", found.warnings),
    )


def _findings(items: Iterable["Finding"]) -> str:
    columns = ("finding", "side", "state", "probability", "study")
    rows = [
        (f.label, _side(f.laterality), f.state, _probability(f.probability), _end(f.study_instance_uid)) for f in items
    ]
    return table(columns, rows)


def described(found: "Readings") -> str:
    """What the model wrote of each series, a sentence a line, then the findings that were probed for."""
    said = [
        f"series {_end(item.series_instance_uid)}, {item.shown} of {item.total} images, unchecked:\n"
        + "\n".join(f"- {text}" for text in item.sentences)
        for item in found.readings
    ]
    return _parts(
        "\n\n".join(said) or "nothing described",
        _findings(found.findings),
        _not_assessed(found.not_assessed),
        _lines("warning", found.warnings),
    )


def located(found: "Localization") -> str:
    """Boxes in stored pixels."""
    columns = ("finding", "side", "y0", "x0", "y1", "x1", "frame", "image")
    rows = [
        (b.label, _side(b.laterality), *(f"{edge:.1f}" for edge in b.box_px), b.frame, _end(b.sop_instance_uid))
        for b in found.boxes
    ]
    return _parts(
        table(columns, rows) or "no box", _not_assessed(found.not_assessed), _lines("warning", found.warnings)
    )


def compared(found: "Longitudinal") -> str:
    """Changes, each asked in both orders."""
    columns = ("finding", "side", "from", "to", "change", "probability", "both orders")
    rows = [
        (
            c.label,
            _side(c.laterality),
            c.prior_date or "undated",
            c.current_date or "undated",
            c.change,
            _probability(c.probability),
            "agree" if c.swap_consistent else "disagree",
        )
        for c in found.comparisons
    ]
    return _parts(
        table(columns, rows) or "nothing to compare: no finding on either film",
        _not_assessed(found.not_assessed),
        _lines("warning", found.warnings),
    )


def read(found: "Labs") -> str:
    """Results as printed, with the flag by their own range and who read them."""
    columns = ("test", "result", "unit", "flag", "printed", "reference", "collected", "readers", "in doubt")
    rows = [
        (
            lab.name,
            lab.value_text,
            lab.unit,
            lab.flag,
            lab.flag_printed,
            lab.reference.text,
            lab.collected,
            lab.readers,
            lab.disagreement or ("paper and range disagree" if lab.flag_conflict else ""),
        )
        for lab in found.labs
    ]
    return _parts(table(columns, rows) or "no result", _lines("warning", found.warnings))


def noted(found: "Notes") -> str:
    """What notes state: whether it holds, in which section and at which characters, and who read it."""
    rows = [
        (
            fact.kind,
            " ".join(fact.text.split()),
            fact.state,
            fact.section,
            f"{fact.chars[0]}–{fact.chars[1]}",
            fact.readers,
        )
        for fact in found.facts
    ]
    columns = ("kind", "text", "state", "section", "characters", "readers")
    return _parts(table(columns, rows) or "nothing was found", _lines("warning", found.warnings))


def transcribed(found: "Transcription") -> str:
    """What was said, each sentence with its time and its section."""
    rows = [
        (_clock(part.start_s), _clock(part.end_s), part.section, part.text)
        for transcript in found.transcripts
        for part in transcript.segments
    ]
    return _parts(
        table(("from", "to", "section", "said"), rows) or "nothing was heard", _lines("warning", found.warnings)
    )


def _clock(seconds: float) -> str:
    """Minutes and seconds."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{minutes:.0f}:{rest:04.1f}"


def second_look(found: "SecondRead") -> str:
    """Where a report and a case differ, contradictions first."""
    rows = [(item.kind, item.detail, " ".join(item.text.split())) for item in found.items]
    told = table(("", "Difference", "The report's words"), rows) or "nothing differs"
    return _parts(told, _lines("warning", found.warnings))


def remembered(found: "Priors") -> str:
    """Earlier studies to compare with, and records, best first."""
    studies = [
        (study.date or "undated", ", ".join(sorted({series_name(series) for series in study.series})))
        for study in found.studies
    ]
    return _parts(
        table(("study of", "images"), studies),
        records(found.records),
        _lines("warning", found.warnings),
    )


# ------------------------------------------------------------------ history, models, audit


def records(items: Sequence["Record"]) -> str:
    """Records as they come."""
    rows = [
        (r.date or "undated", r.type, " ".join(r.text.split()), _probability(r.score) if r.score else "", r.source)
        for r in items
    ]
    return table(("date", "type", "text", "score", "source"), rows) or "no records"


def index(report: "IndexReport") -> str:
    """Whether every record can be reached."""
    counts = f"{report.records} records, {report.counted} in the index, {report.reachable} reachable"
    return f"{counts}: {'sound' if report.sound else 'not sound; `prelim history rebuild` mends it'}"


def audit(report: "AuditReport") -> str:
    """Whether the chain holds."""
    return f"{report.records} records: {'intact' if report.intact else report.problem}"


def cards(items: Iterable["Card"]) -> str:
    """Models and what each may be asked, a line a scope."""
    images = {"drawn_phantom": "drawn phantoms only", "any": "any"}
    rows = [
        (
            card.name,
            card.revision,
            " ".join(scope.modalities),
            " ".join(scope.regions) or "any",
            " ".join(scope.findings) or "described only",
            images[card.image_provenance],
        )
        for card in items
        for scope in card.scopes
    ]
    return table(("model", "revision", "modalities", "regions", "findings", "images"), rows)


def pinned(model: "Pinned") -> str:
    """What was recorded of a model."""
    return f"{model.name} {model.revision}: {len(model.files)} files recorded, {model.digest[:12]}"
