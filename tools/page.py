"""What the page of a draft shows: films with boxes, sentences with their evidence, results with their cells.

Prepares plain rows for `templates/draft.html.j2`. The page is one file: styles, script and films are inside it, and
its own content policy forbids anything from outside.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from memory.artifacts import Artifacts
from prelim.imaging.selection import best_frontal
from prelim.knowledge import chest_xray
from prelim.types import Box, Draft, Evidence, Image, LabResult, Sections, Series, Statement, Study
from tools.picture import for_page
from tools.report import badge, is_aside

_MODALITIES = {"CR": "radiograph", "DX": "radiograph", "CT": "CT", "MR": "MR", "US": "ultrasound"}
_ASKED = {"probe": "presence", "localization": "position", "comparison": "change"}
_KINDS = {"text": "source text", "statement": "earlier report", "finding": "finding", "comparison": "change", "lab": "lab"}


class Marked(NamedTuple):
    """A box on a film, by the finding it marks."""

    box: Box
    name: str


class Film(NamedTuple):
    """One image of the draft. `file` is its key image, relative to the case's folder."""

    study: Study
    series: Series
    image: Image
    boxes: tuple[Marked, ...]
    file: str
    position: int

    @property
    def title(self) -> str:
        what = f"{self.series.body_part.replace('_', ' ').lower()} {_MODALITIES.get(self.series.modality, self.series.modality)}"
        view = f", {self.series.view}" if self.series.view else ""
        slices = len(self.series.image_set.images)
        return f"{what.strip()}{view}{f', image {self.position + 1} of {slices}' if slices > 1 else ''}"

    @property
    def evidence_key(self) -> tuple[str, int]:
        return self.image.sop_instance_uid, self.image.frame

    @property
    def markers(self) -> tuple[str, str]:
        """The patient's side on the image's left and right edge; empty where it is not known."""
        to = (self.image.columns_to or "")[:1]
        return {"L": ("R", "L"), "R": ("L", "R")}.get(to, ("", ""))


class Row(NamedTuple):
    """Films shown side by side; `small` where they are there to be seen, not compared."""

    films: tuple[Film, ...]
    small: bool = False


def name_of(label: str, laterality: str | None) -> str:
    """A finding in words: "right lung opacity"."""
    rule = chest_xray().findings.get(label)
    side = laterality if laterality in ("left", "right", "bilateral") else ""
    return f"{side or ''} {rule.name if rule else label}".strip()


def films_of(draft: Draft) -> list[Film]:
    """The images to show: every projection image, and the middle image of every other series; current studies first."""
    films = []
    for study in draft.studies:
        first = best_frontal(study)
        shown = [(s, i) for s in study.series for i in _shown(s) if not first or s.image_set.images[i] != first.image]
        if first:
            shown.insert(0, (first.series, first.series.image_set.images.index(first.image)))
        for series, position in shown:
            image = series.image_set.images[position]
            boxes = [b for b in draft.boxes if (b.sop_instance_uid, b.frame) == (image.sop_instance_uid, image.frame)]
            marked = tuple(Marked(box, name_of(box.label, box.laterality)) for box in boxes)
            films.append(Film(study, series, image, marked, f"images/{study.role}-{len(films) + 1}.png", position))
    return films


def _shown(series: Series) -> list[int]:
    count = len(series.image_set.images)
    return list(range(count)) if series.kind == "projection" else [count // 2] if count else []


def page(draft: Draft, films: Sequence[Film], artifacts: Artifacts) -> str:
    """The page as HTML."""
    script = _template("draft.js")
    policy = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _environment().get_template("draft.html.j2").render(
        draft=draft,
        style=_template("draft.css"),
        script=script,
        script_sha256=policy,
        rows=_rows(draft, films),
        source=lambda film: _data_uri(artifacts, film),
        sections=[(name, [_line(s, draft) for s in getattr(draft.sections, name)]) for name in Sections.model_fields],
        anchors=_anchors(draft, films),
        labs=[_result(lab, draft) for lab in draft.labs],
        quotes=[item for item in draft.evidence if item.kind in ("text", "statement") and item.quote],
        findings=[(finding, name_of(finding.label, finding.laterality)) for finding in draft.findings],
        comparisons=[(item, name_of(item.label, item.laterality)) for item in draft.comparisons],
        places={item.ref: item.id for item in draft.evidence if item.kind in ("finding", "comparison")},
        documents={document.sha256: document for document in draft.documents},
        dates={study.study_instance_uid: study.date or "undated" for study in draft.studies},
        whole_documents={item.document_sha256: item.id for item in draft.evidence if item.kind == "text" and not item.quote},
        not_assessed=_not_assessed(draft),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_template), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["unbroken"] = _unbroken
    return environment


def _unbroken(text: str) -> Markup:
    """The text, escaped, with its dates kept on one line."""
    return Markup(re.sub(r"(\d{4}-\d{2}-\d{2}[.,)]*)", r'<span class="day">\1</span>', str(escape(text))))


@cache
def _template(name: str) -> str:
    return (files("tools") / "templates" / name).read_text(encoding="utf-8")


def _data_uri(artifacts: Artifacts, film: Film) -> str:
    return "data:image/png;base64," + base64.b64encode(for_page(artifacts.get(film.image.pixels_sha256))).decode()


# ------------------------------------------------------------------ rows of the page


def _rows(draft: Draft, films: Sequence[Film]) -> list[Row]:
    """Each current study's first film after the one it was compared with, then all others, small."""
    by_image = {film.image.sop_instance_uid: film for film in films}
    pairs: list[list[Film]] = []
    for study in draft.studies:
        mine = next((film for film in films if film.study == study), None)
        if study.role == "current" and mine:
            uid = mine.image.sop_instance_uid
            before = {c.prior_sop_instance_uid for c in draft.comparisons if c.current_sop_instance_uid == uid}
            pairs.append([*(by_image[prior] for prior in sorted(before) if prior in by_image), mine])
    rest = [film for film in films if all(film not in pair for pair in pairs)]
    earlier = next((film for film in rest if film.study.role == "prior"), None)
    if pairs and earlier and len(pairs[0]) == 1:
        pairs[0].insert(0, earlier)
        rest.remove(earlier)
    rows = [Row(tuple(pair)) for pair in pairs]
    return [*rows, Row(tuple(rest), small=True)] if rest else rows


def _anchors(draft: Draft, films: Iterable[Film]) -> dict[str, list[str]]:
    """Key image file → ids of the evidence that is this whole image."""
    keys = {film.evidence_key: film.file for film in films}
    anchors: dict[str, list[str]] = {}
    for item in draft.evidence:
        file = keys.get((item.sop_instance_uid or "", item.frame or 0))
        if item.kind == "image" and item.box_px is None and file:
            anchors.setdefault(file, []).append(item.id)
    return anchors


def _line(statement: Statement, draft: Draft) -> dict[str, Any]:
    """A sentence with links to its evidence, its badge, and what speaks against it."""
    listed = {item.id: item for item in draft.evidence}
    dates = {study.study_instance_uid: study.date or "undated" for study in draft.studies}
    rests_on = sorted((listed[id] for id in statement.evidence if id in listed), key=lambda item: item.kind == "finding")
    return {
        "statement": statement,
        "links": _links(rests_on, dates),
        "failed": [check for check in statement.checks if not check.passed],
        "badge": badge(statement, draft),
        "style": badge(statement, draft) or ("quiet" if is_aside(statement, draft) else ""),
    }


def _links(rests_on: Sequence[Evidence], dates: dict[str, str]) -> list[tuple[Evidence, str]]:
    """Each piece of evidence with its word; a word that comes again is a number."""
    words = [_link(item, dates) for item in rests_on]
    again = [words[:position].count(word) for position, word in enumerate(words)]
    return [(item, str(n + 1) if n else word) for item, word, n in zip(rests_on, words, again, strict=True)]


def _link(item: Evidence, dates: dict[str, str]) -> str:
    """The word that stands for a piece of evidence."""
    if item.kind == "image":
        return "box" if item.box_px else f"film {dates.get(item.study_instance_uid or '', '')}".strip()
    return f"lab, p. {item.page}" if item.kind == "lab" and item.page else _KINDS[item.kind]


def _not_assessed(draft: Draft) -> list[tuple[str, str]]:
    """What was not assessed and why, one row a study and reason."""
    dates = {study.study_instance_uid: study.date or "undated" for study in draft.studies}
    rows: dict[tuple[str | None, str], list[str]] = {}
    for item in draft.not_assessed:
        task = _ASKED.get(item.task, item.task)
        what = f"{task} of {name_of(item.label, None)}" if item.label else task
        rows.setdefault((item.study_instance_uid, item.reason), []).append(what)
    return [(f"{dates.get(uid or '', 'this case')}: {', '.join(what)}", reason) for (uid, reason), what in rows.items()]


def _result(lab: LabResult, draft: Draft) -> dict[str, Any]:
    """A result with its source cells."""
    cells = [item for item in draft.evidence if item.id in lab.evidence]
    return {"lab": lab, "cells": cells, "state": "odd" if lab.flag in ("H", "L") or lab.flag_conflict else "plain"}
