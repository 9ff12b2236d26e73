"""Longitudinal: how each finding changed since the nearest earlier film, asked in both image orders."""

from collections.abc import Sequence
from typing import NamedTuple

from prelim.imaging.selection import Film, best_frontal
from prelim.knowledge import FindingRule, rule_of
from prelim.models.messages import ask
from prelim.models.questions import CHANGES, Trend, trend
from prelim.prompts import render
from prelim.types import (
    Comparison,
    Evidence,
    Finding,
    Laterality,
    Longitudinal,
    NotAssessed,
    State,
    Study,
    digest_of,
)
from tools.film import shown
from tools.tool import Context, tool
from tools.triage import triage


class Pair(NamedTuple):
    """Two films of the same patient, the earlier first."""

    prior: Study
    current: Study
    before: Film
    now: Film


class Question(NamedTuple):
    """A finding on one side whose change is asked, with what the probes saw on each film."""

    rule: FindingRule
    side: Laterality
    before: State
    now: State


@tool(reads=("out_of_scope", "margin", "mass"), calibrated=True)
def longitudinal(
    context: Context, *, current: tuple[Study, ...], prior: tuple[Study, ...], findings: tuple[Finding, ...]
) -> Longitudinal:
    """Compare each current study's film with the nearest earlier one, for every finding seen on either."""
    parts = []
    for study in current:
        pair = nearest(study, prior)
        if pair:
            mine = [finding for finding in findings if finding.study_instance_uid == study.study_instance_uid]
            parts.append(_compare(context, pair, mine))
    return Longitudinal(
        comparisons=tuple(item for part in parts for item in part.comparisons),
        not_assessed=tuple(item for part in parts for item in part.not_assessed),
        warnings=tuple(text for part in parts for text in part.warnings),
        evidence=tuple(item for part in parts for item in part.evidence),
    )


def nearest(study: Study, priors: Sequence[Study]) -> Pair | None:
    """The study's film with that of the latest prior not after it; the same view is preferred on the same day.

    A prior without a date counts as the oldest: the case said that it came before.
    """
    now = best_frontal(study)
    if now is None:
        return None
    pairs = [
        Pair(prior, study, before, now)
        for prior in priors
        if (before := best_frontal(prior)) and (study.date is None or (prior.date or "") <= study.date)
    ]
    same_view = now.series.view
    return max(pairs, key=lambda p: (p.prior.date or "", p.before.series.view == same_view), default=None)


def _compare(context: Context, pair: Pair, findings: Sequence[Finding]) -> Longitudinal:
    card, uid = context.model.card, pair.current.study_instance_uid
    reason = card.declines("comparison", pair.now.series) or card.declines("comparison", pair.before.series)
    if reason and not context.settings.out_of_scope:
        item = NotAssessed(study_instance_uid=uid, task="comparison", label=None, reason=reason)
        return Longitudinal(not_assessed=(item,))
    earlier = triage(context, studies=(pair.prior,))
    questions, refused = _questions(pair, findings, earlier.findings)
    if not findings:
        unread = "No finding was read from the current film: nothing to compare."
        refused = (NotAssessed(study_instance_uid=uid, task="comparison", label=None, reason=unread),)
    trends = _ask(context, pair, questions)
    found = [_comparison(pair, *answered, reason is not None) for answered in zip(questions, trends, strict=True)]
    return Longitudinal(
        comparisons=tuple(item for item, _ in found),
        not_assessed=refused,
        warnings=earlier.warnings,
        evidence=tuple({place.id: place for _, places in found for place in places}.values()),
    )


def _questions(
    pair: Pair, now: Sequence[Finding], before: Sequence[Finding]
) -> tuple[list[Question], tuple[NotAssessed, ...]]:
    """What to ask: each finding not absent on both films. Without a side on either film there is no question."""
    states = {(finding.label, finding.laterality): finding.state for finding in before}
    asked: list[Question] = []
    refused: list[NotAssessed] = []
    for finding in now:
        was, rule = states.get((finding.label, finding.laterality)), rule_of(finding.label)
        reason = _incomparable(pair, finding, was, rule)
        if reason:
            uid = finding.study_instance_uid
            refused.append(NotAssessed(study_instance_uid=uid, task="comparison", label=rule.label, reason=reason))
        elif finding.laterality and was and (was, finding.state) != ("absent", "absent"):
            asked.append(Question(rule, finding.laterality, was, finding.state))
    return asked, tuple(refused)


def _incomparable(pair: Pair, finding: Finding, was: State | None, rule: FindingRule) -> str | None:
    """Why a finding is not compared; None where it may be."""
    if finding.laterality is None or was is None:
        return "The side, or the earlier film's quality, is not certain: no comparison."
    views = (pair.before.series.view, pair.now.series.view)
    absent = (was, finding.state) == ("absent", "absent")
    if rule.view_dependent and not absent and None not in views and views[0] != views[1]:
        return f"The earlier film is {views[0]}, this one {views[1]}: they do not show the same size."
    return None


def _ask(context: Context, pair: Pair, questions: Sequence[Question]) -> list[Trend]:
    """One batch: every question in both orders."""
    before, now = shown(context, pair.before.image), shown(context, pair.now.image)
    preamble = render("chest_xray", "preamble")
    conversations = []
    for question in questions:
        place = question.rule.places[question.side]
        text = render("comparison", finding=question.rule.name, place=place)
        conversations += [ask(text, [before, now], preamble), ask(text, [now, before], preamble)]
    scores = context.model.score_all(conversations, CHANGES) if conversations else []
    both = zip(questions, scores[::2], scores[1::2], strict=True)
    return [trend(a, b, q.before, q.now, mass=context.settings.mass) for q, a, b in both]


def _comparison(
    pair: Pair, question: Question, answer: Trend, out_of_scope: bool
) -> tuple[Comparison, tuple[Evidence, ...]]:
    places = (pair.before.place(), pair.now.place())
    address = [
        pair.before.image.sop_instance_uid,
        pair.now.image.sop_instance_uid,
        question.rule.label,
        question.side,
    ]
    comparison = Comparison(
        id="k-" + digest_of(address)[:12],
        label=question.rule.label,
        laterality=question.side,
        prior_sop_instance_uid=pair.before.image.sop_instance_uid,
        current_sop_instance_uid=pair.now.image.sop_instance_uid,
        prior_date=pair.prior.date,
        current_date=pair.current.date,
        change=answer.change,
        probability=answer.probability,
        swap_consistent=answer.swap_consistent,
        out_of_scope=out_of_scope,
        evidence=tuple(place.id for place in places),
    )
    return comparison, places
