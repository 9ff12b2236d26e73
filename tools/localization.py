"""Localization: where on the film a present finding lies, as boxes in stored pixels."""

from prelim.imaging.selection import Film, best_frontal
from prelim.knowledge import FindingRule, chest_xray
from prelim.models.answers import BoxAnswers
from prelim.models.messages import ask
from prelim.prompts import render
from prelim.types import (
    Box,
    Evidence,
    Finding,
    Laterality,
    Localization,
    NotAssessed,
    Study,
    digest_of,
)
from tools.film import shown, stored_box
from tools.tool import Context, tool


@tool(reads=("out_of_scope",))
def localization(context: Context, *, studies: tuple[Study, ...], findings: tuple[Finding, ...]) -> Localization:
    """Ask for the boxes of every present, boxable finding on its study's best frontal film."""
    films = {study.study_instance_uid: best_frontal(study) for study in studies}
    parts = []
    for finding in findings:
        film, rule = films.get(finding.study_instance_uid), chest_xray().findings[finding.label]
        if film and rule.boxable and finding.state == "present":
            parts.append(_locate(context, film, rule, finding))
    return Localization(
        boxes=tuple(box for part in parts for box in part.boxes),
        not_assessed=tuple(item for part in parts for item in part.not_assessed),
        warnings=tuple(text for part in parts for text in part.warnings),
        evidence=tuple(item for part in parts for item in part.evidence),
    )


def _locate(context: Context, film: Film, rule: FindingRule, finding: Finding) -> Localization:
    """Boxes for one finding; where its side is not known, every side is asked for."""
    reason = context.model.card.declines("localization", film.series, rule.label)
    if reason and not context.settings.out_of_scope:
        uid = finding.study_instance_uid
        item = NotAssessed(study_instance_uid=uid, task="localization", label=rule.label, reason=reason)
        return Localization(not_assessed=(item,))
    sides: list[Laterality] = [finding.laterality] if finding.laterality else list(rule.places)
    boxes: list[Box] = []
    places: list[Evidence] = []
    warnings: list[str] = []
    for side in sides:
        answer = _boxes(context, film, rule, side)
        if answer is None:
            warnings.append(f"Localization of {rule.name}: the model gave no answer.")
            continue
        for given in answer.root:
            try:
                where = film.place(stored_box(film.image, given.box_2d))
            except ValueError:
                warnings.append(f"Localization of {rule.name}: an empty or inverted box was dropped.")
                continue
            places.append(where)
            boxes.append(_box(film, rule, finding, where))
    return Localization(boxes=tuple(boxes), warnings=tuple(warnings), evidence=tuple(places))


def _boxes(context: Context, film: Film, rule: FindingRule, side: Laterality) -> BoxAnswers | None:
    text = render("localization", finding=rule.name, place=rule.places[side], label=rule.label)
    question = ask(text, [shown(context, film.image)], render("chest_xray", "preamble"))
    return context.model.answers_after([question], BoxAnswers)[0]


def _box(film: Film, rule: FindingRule, finding: Finding, where: Evidence) -> Box:
    assert where.box_px is not None  # made with one, a line above
    return Box(
        id="b-" + digest_of([finding.id, where.box_px])[:12],
        label=rule.label,
        laterality=finding.laterality,
        sop_instance_uid=film.image.sop_instance_uid,
        frame=film.image.frame,
        box_px=where.box_px,
        out_of_scope=finding.out_of_scope,
        evidence=(where.id,),
    )
