"""Localization: where on the film a present finding lies, as boxes in stored pixels."""

from collections.abc import Sequence
from typing import NamedTuple

from langchain_core.messages import BaseMessage

from prelim.imaging.coordinates import coordinates_of
from prelim.imaging.selection import Film, best_frontal
from prelim.knowledge import FindingRule, rule_of
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
from tools.film import shown
from tools.tool import Context, tool


class Target(NamedTuple):
    """What is looked for on a film: in the words of a warning, as a question, and what its boxes are called.

    `source` tells its boxes from those of another target at the same place.
    """

    film: Film
    name: str
    question: str
    source: str
    label: str
    laterality: Laterality | None = None
    out_of_scope: bool = False


@tool(reads=("out_of_scope",))
def localization(context: Context, *, studies: tuple[Study, ...], findings: tuple[Finding, ...]) -> Localization:
    """Ask for the boxes of every present, boxable finding on its study's best frontal film, all in one call."""
    films = {study.study_instance_uid: best_frontal(study) for study in studies}
    targets: list[Target] = []
    refused: list[NotAssessed] = []
    for finding in findings:
        film, rule = films.get(finding.study_instance_uid), rule_of(finding.label)
        if film and rule.boxable and finding.state == "present":
            reason = context.model.card.declines("localization", film.series, rule.label)
            if reason and not context.settings.out_of_scope:
                uid = finding.study_instance_uid
                refused.append(
                    NotAssessed(study_instance_uid=uid, task="localization", label=rule.label, reason=reason)
                )
            else:
                sides: list[Laterality] = [finding.laterality] if finding.laterality else list(rule.places)
                targets += [_target(film, rule, finding, side) for side in sides]
    found = locate(context, targets)
    return found.model_copy(update={"not_assessed": tuple(refused)})


def _target(film: Film, rule: FindingRule, finding: Finding, side: Laterality) -> Target:
    """A finding; where its side is not known, every side is a target."""
    text = render("localization", finding=rule.name, place=rule.places[side], label=rule.label)
    outside = finding.out_of_scope
    return Target(film, rule.name, text, finding.id, rule.label, finding.laterality, outside)


def locate(context: Context, targets: Sequence[Target]) -> Localization:
    """Each target's boxes, asked for in one batch."""
    boxes: list[Box] = []
    places: list[Evidence] = []
    warnings: list[str] = []
    answers = context.model.answers_after([_messages(context, target) for target in targets], BoxAnswers)
    for target, answer in zip(targets, answers, strict=True):
        if answer is None:
            warnings.append(f"Localization of {target.name}: the model gave no answer.")
            continue
        for given in answer.root:
            try:
                where = target.film.place(coordinates_of(target.film.image).to_px(given.box_2d))
            except ValueError:
                warnings.append(f"Localization of {target.name}: an empty or inverted box was dropped.")
                continue
            places.append(where)
            boxes.append(_box(target, where))
    return Localization(boxes=tuple(boxes), warnings=tuple(warnings), evidence=tuple(places))


def _messages(context: Context, target: Target) -> list[BaseMessage]:
    return ask(target.question, [shown(context, target.film.image)], render("chest_xray", "preamble"))


def _box(target: Target, where: Evidence) -> Box:
    assert where.box_px is not None  # made with one, a line above
    return Box(
        id="b-" + digest_of([target.source, where.box_px])[:12],
        label=target.label,
        laterality=target.laterality,
        sop_instance_uid=target.film.image.sop_instance_uid,
        frame=target.film.image.frame,
        box_px=where.box_px,
        out_of_scope=target.out_of_scope,
        evidence=(where.id,),
    )
