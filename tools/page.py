"""What the page of a draft shows: films with boxes, sentences with their evidence, results with their cells.

Prepares plain rows for `templates/draft.html.j2`. The page is one file: styles, script and films are inside
it, and its own content policy forbids anything from outside.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from memory.artifacts import Artifacts
from prelim.draft import Draft, Sections, Statement
from prelim.facts import SecondLook
from prelim.imaging.naming import days_of
from prelim.knowledge import rules
from prelim.types import Evidence, Finding
from tools.cells import cell_id, lines_of, shown_cells, spark, strips_of
from tools.films import Film, name_of, rows_of
from tools.picture import PAGE_SIDE_PX, SHEET_SIDE_PX, for_page, for_people, window_of
from tools.report import badge, is_aside
from tools.timeline import timeline_of

_ASKED = {"probe": "presence", "localization": "position", "comparison": "change", "reading": "description"}
_MANY = 6
"""More findings than these are listed by their regions."""
_KINDS = {
    "text": "source text",
    "statement": "earlier report",
    "finding": "finding",
    "comparison": "change",
    "lab": "lab",
}


def page(draft: Draft, films: Sequence[Film], artifacts: Artifacts) -> str:
    """The page as HTML."""
    script: str = template("draft.js")
    places = {item.ref: item.id for item in draft.evidence if item.kind in ("finding", "comparison") and item.ref}
    policy = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        environment()
        .get_template("draft.html.j2")
        .render(
            draft=draft,
            style=template("draft.css"),
            script=script,
            script_sha256=policy,
            rows=rows_of(draft, films),
            source=lambda film: _data_uri(artifacts, film),
            window=lambda film: window_of(film.series),
            sections=_sections(draft),
            anchors=_anchors(draft, films),
            labs=_results(draft),
            strips=strips_of(draft),
            strip_source=lambda picture: _png_uri(artifacts.get(picture.pixels_sha256)),
            texts=lines_of(draft, artifacts),
            cell_id=cell_id,
            trends=[(trend, spark(trend)) for trend in draft.trends],
            earlier=[(item, name_of(item.label, item.laterality)) for item in draft.earlier_findings],
            quotes=_quotes(draft),
            findings=[(item, name_of(item.label, item.laterality), _look_for(item)) for item in draft.findings],
            confidence=_confidence(draft),
            comparisons=[(item, name_of(item.label, item.laterality)) for item in draft.comparisons],
            places=places,
            timeline=timeline_of(draft, places),
            documents={document.sha256: document for document in draft.documents},
            days=days_of(draft.studies),
            whole_documents={
                item.document_sha256: item.id for item in draft.evidence if item.kind == "text" and not item.quote
            },
            not_assessed=_not_assessed(draft),
            second_looks=_second_looks(draft),
        )
    )


@cache
def environment() -> Environment:
    """Where the pages' templates are found and filled in."""
    environment = Environment(
        loader=FunctionLoader(template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = _unbroken
    return environment


def _unbroken(text: str) -> Markup:
    """The text, escaped, with its dates kept on one line."""
    return Markup(re.sub(r"(\d{4}-\d{2}-\d{2}[.,)]*)", r'<span class="day">\1</span>', str(escape(text))))


@cache
def template(name: str) -> str:
    """A file of the pages, as it is."""
    return (files("tools") / "templates" / name).read_text(encoding="utf-8")


def _data_uri(artifacts: Artifacts, film: Film) -> str:
    side_px = SHEET_SIDE_PX if film.on_sheet else PAGE_SIDE_PX
    picture = for_page(for_people(artifacts.get(film.image.pixels_sha256), film.series), side_px)
    return _png_uri(picture)


def _png_uri(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()


# ------------------------------------------------------------------ rows of the page


def _anchors(draft: Draft, films: Sequence[Film]) -> dict[str, list[str]]:
    """Key image file → ids of the evidence that is this whole image, or one of its study that is not shown.

    Of a series on a contact sheet: series UID → ids. Of a study that has no image to show: study UID → ids.
    """
    exact = {film.evidence_key: film.file for film in films}
    nearest = {film.study.study_instance_uid: _place(film) for film in reversed(films)}
    series = {film.series.series_instance_uid: _place(film) for film in reversed(films)}
    anchors: dict[str, list[str]] = {}
    for item in draft.evidence:
        if item.kind == "image" and item.box_px is None:
            uid = item.study_instance_uid or ""
            place = exact.get((item.sop_instance_uid or "", item.frame or 0))
            place = place or series.get(item.series_instance_uid or "") or nearest.get(uid, uid)
            anchors.setdefault(place, []).append(item.id)
    return anchors


def _place(film: Film) -> str:
    """Where evidence lies that is more than this one image."""
    return film.series.series_instance_uid if film.on_sheet else film.file


def _sections(draft: Draft) -> list[tuple[str, list[dict[str, Any]]]]:
    """Each section with its lines; where nothing is recommended there is no such section."""
    told = [(name, getattr(draft.sections, name)) for name in Sections.model_fields]
    return [
        (name, [_line(statement, draft) for statement in lines])
        for name, lines in told
        if lines or name != "recommendation"
    ]


def _line(statement: Statement, draft: Draft) -> dict[str, Any]:
    """A sentence with links to its evidence, its badge, and what speaks against it."""
    listed = {item.id: item for item in draft.evidence}
    days = days_of(draft.studies)
    rests_on = sorted(
        (listed[id] for id in statement.evidence if id in listed), key=lambda item: item.kind == "finding"
    )
    return {
        "statement": statement,
        "links": _links(rests_on, days),
        "failed": [check for check in statement.checks if not check.passed and draft.status != "signed"],
        "badge": badge(statement, draft),
        "style": badge(statement, draft) or ("quiet" if is_aside(statement, draft) else ""),
    }


def _quotes(draft: Draft) -> list[Evidence]:
    """The texts that a sentence quotes or rests on."""
    listed = {id for name in Sections.model_fields for line in getattr(draft.sections, name) for id in line.evidence}
    listed |= {id for finding in draft.earlier_findings for id in finding.evidence}
    return [item for item in draft.evidence if item.kind in ("text", "statement") and item.quote and item.id in listed]


def _links(rests_on: Sequence[Evidence], days: dict[str, str]) -> list[tuple[Evidence, str]]:
    """Each piece of evidence with its word; a word that comes again is a number."""
    words = [_link(item, days) for item in rests_on]
    again = [words[:position].count(word) for position, word in enumerate(words)]
    return [(item, str(n + 1) if n else word) for item, word, n in zip(rests_on, words, again, strict=True)]


def _link(item: Evidence, days: dict[str, str]) -> str:
    """The word that stands for a piece of evidence."""
    if item.kind == "image":
        what = "film" if item.sop_instance_uid else "images"
        return "box" if item.box_px else f"{what} {days.get(item.study_instance_uid or '', '')}".strip()
    if item.time_s:
        return f"{_clock(item.time_s[0])}–{_clock(item.time_s[1])}"
    return f"lab, p. {item.page}" if item.kind == "lab" and item.page else _KINDS[item.kind]


def _clock(seconds: float) -> str:
    """A time in a recording: "1:05"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _look_for(finding: Finding) -> tuple[str, ...]:
    """What the table says to look for beside a finding that is present."""
    rule = rules().get(finding.label)
    return rule.check if rule and finding.state == "present" else ()


class _Confidence(NamedTuple):
    """What is said of the probabilities of the findings; `mixed`: some are marked."""

    words: str
    mixed: bool = False


def _confidence(draft: Draft) -> _Confidence:
    """Whether the probabilities of the findings were calibrated at this site."""
    calibrated = {finding.calibrated for finding in draft.findings if finding.probability is not None}
    if not calibrated:
        return _Confidence("The model gives no probabilities: a state is told where all its answers agree.")
    if calibrated == {True}:
        return _Confidence("Probabilities are calibrated at this site.")
    if calibrated == {False}:
        return _Confidence("Probabilities are the model's own, not calibrated at this site.")
    return _Confidence("Probabilities are calibrated at this site, but for those with *, the model's own.", mixed=True)


def _not_assessed(draft: Draft) -> list[tuple[str, list[tuple[str, str]], str]]:
    """What was not assessed and why, one row a study and reason; many findings stand by their regions."""
    days = days_of(draft.studies)
    rows: dict[tuple[str | None, str], dict[str, list[str]]] = {}
    for item in draft.not_assessed:
        tasks = rows.setdefault((item.study_instance_uid, item.reason), {})
        tasks.setdefault(item.task, []).extend([item.label] if item.label else [])
    return [
        (f"{days.get(uid or '', 'this case')}: {_unasked(tasks)}", _by_region(tasks.get("probe", ())), reason)
        for (uid, reason), tasks in rows.items()
    ]


def _unasked(tasks: Mapping[str, Sequence[str]]) -> str:
    """Task → findings, in words: "presence of lung opacity, enlarged heart"; a study without a probe: everything."""
    if tasks.get("probe") == []:
        return "everything"
    said = {task: [name_of(label, None) for label in dict.fromkeys(labels)] for task, labels in tasks.items()}
    if len(said.get("probe", ())) > _MANY:
        said["probe"] = [f"{len(said['probe'])} findings"]
    return "; ".join(
        f"{_ASKED.get(task, task)} of {', '.join(names)}" if names else _ASKED.get(task, task)
        for task, names in said.items()
    )


def _by_region(labels: Sequence[str]) -> list[tuple[str, str]]:
    """Region → the names of many findings; nothing where they are few."""
    regions: dict[str, list[str]] = {}
    for label in dict.fromkeys(labels):
        rule = rules().get(label)
        regions.setdefault(rule.region if rule else "", []).append(name_of(label, None))
    many = sum(map(len, regions.values())) > _MANY
    return [(region, ", ".join(names)) for region, names in regions.items()] if many else []


def _results(draft: Draft) -> list[dict[str, Any]]:
    """The results with their source cells; a cell that can be looked at has its place on the page."""
    places, shown = {item.id: item for item in draft.evidence}, shown_cells(draft)
    rows = []
    for lab in draft.labs:
        cells = [places[id] for id in lab.evidence if id in places]
        seen = next((cell_id(cell) for cell in cells if cell.id in shown), None)
        state = "odd" if lab.flag in ("H", "L") or lab.flag_conflict else "plain"
        rows.append({"lab": lab, "cells": cells, "seen": seen, "state": state})
    return rows


def _second_looks(draft: Draft) -> list[tuple[SecondLook, list[tuple[Evidence, str]]]]:
    """Where a person's report differs from the case, each with links to its places in the case."""
    listed = {item.id: item for item in draft.evidence}
    looks = draft.second_read.items if draft.second_read else ()
    cited = [[listed[id] for id in look.evidence if id in listed and listed[id].kind != "text"] for look in looks]
    return [(look, _links(places, days_of(draft.studies))) for look, places in zip(looks, cited, strict=True)]
