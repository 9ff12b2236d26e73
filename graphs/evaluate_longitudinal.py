"""Comparisons of two films whose changes are known, asked as the product asks: each question in both image orders."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from graphs.asked_examples import ask_each, study_at
from graphs.evaluation import Options, given, in_order
from prelim.errors import InputError
from prelim.evaluated import Evaluated, Problem
from prelim.imaging.selection import best_frontal
from prelim.knowledge import rule_of
from prelim.models.change_figures import DIRECTIONS, Compared, confusion, figures, forced, together
from prelim.models.interface import Score
from prelim.models.questions import trend
from prelim.types import Laterality, Study
from tools.drawn import drawn_pairs
from tools.layouts.longitudinal import LAYOUTS
from tools.layouts.pairs import ChangeTruth, PairExample
from tools.layouts.sheet import read_layout
from tools.manifest import scan
from tools.pair_scores import Sided, pair_scores
from tools.patient import refuse_two_patients
from tools.tool import Context


class Answered(NamedTuple):
    """What came of one pair."""

    compared: tuple[Compared, ...]
    declined: Counter[str]


def longitudinal(context: Context, data: str, options: Options) -> Evaluated:
    """Compare every pair of a table, or drawn ones. InputError not_found, bad_truth, no_example."""
    pairs = given(
        data, options, lambda path, source: read_layout(path, LAYOUTS, source), drawn_pairs, "drawn pairs of films"
    )
    compared, declined, problems = list[Compared](), Counter(pairs.left_out), list(pairs.problems)
    asked = 0
    for number, (_, found) in enumerate(ask_each(context, pairs.examples, _ask), start=1):
        context.progress(f"{number}/{pairs.total} pairs")
        if isinstance(found, Problem):
            problems.append(found)
            continue
        asked += 1
        compared += found.compared
        declined += found.declined
    return Evaluated(
        task="longitudinal",
        model=context.identity,
        data=pairs.source,
        seed=options.seed,
        metrics=tuple(figures(compared, options.seed)),
        counts={"pairs": asked, "changes": len(compared), "patients": len({one.patient for one in compared})},
        declined=dict(sorted(declined.items())),
        problems=in_order(problems),
        matrices=(
            confusion("told", [(one.truth, one.told) for one in compared]),
            confusion("forced", [(one.truth, one.forced) for one in compared]),
        ),
    )


def _ask(context: Context, scratch: Path, example: PairExample) -> Answered:
    """InputError no_film, no_such_side, and intake's own; RefusedError patient_mismatch."""
    prior, current = _studies(context, scratch, example)
    declined, asked = Counter[str](), list[tuple[ChangeTruth, list[Sided]]]()
    for truth in example.truths:
        reason = _declined(context, (prior, current), truth.label)
        if reason:
            declined[reason] += 1
        else:
            asked.append((truth, [Sided(label=truth.label, laterality=side) for side in _sides(truth)]))
    wanted = tuple(one for _, sides in asked for one in sides)
    if not wanted:
        return Answered((), declined)
    scores = dict(zip(wanted, pair_scores(context, prior=prior, current=current, asked=wanted).scores, strict=True))
    compared = [_compared(context, example.group, truth, [scores[one] for one in sides]) for truth, sides in asked]
    return Answered(tuple(compared), declined)


def _studies(context: Context, scratch: Path, example: PairExample) -> tuple[Study, Study]:
    """The earlier and the later study, with the roles that a case would give them."""
    places = example.prior(scratch), example.current(scratch)
    refuse_two_patients([scan(place, context.artifacts) for place in places], context.artifacts)
    prior, current = (study_at(context, place, example.image, example.stated) for place in places)
    return prior.model_copy(update={"role": "prior"}), current.model_copy(update={"role": "current"})


def _declined(context: Context, studies: Sequence[Study], label: str) -> str | None:
    """Why the model's card does not cover the comparison. InputError no_film."""
    if context.settings.out_of_scope:
        return None
    for study in studies:
        film = best_frontal(study)
        if film is None:
            raise InputError("no_film", "One of the two studies has no frontal chest film.", "")
        reason = context.model.card.declines("comparison", film.series, label)
        if reason:
            return reason
    return None


def _sides(truth: ChangeTruth) -> Sequence[Laterality]:
    """What is asked about: the side that is known, else every side that the finding has. InputError no_such_side."""
    places = rule_of(truth.label).places
    if truth.laterality is None:
        return list(places)
    if truth.laterality not in places:
        raise InputError("no_such_side", f"{truth.label} is asked by: {', '.join(places)}; not {truth.laterality}.", "")
    return [truth.laterality]


def _compared(context: Context, group: str, truth: ChangeTruth, sides: Sequence[tuple[Score, Score]]) -> Compared:
    """What the product would tell of a finding, knowing nothing else of the films."""
    mass = context.settings.mass
    trends = [trend(forward, backward, "uncertain", "uncertain", mass=mass) for forward, backward in sides]
    return Compared(
        label=truth.label,
        patient=group,
        truth=truth.direction,
        told=together([DIRECTIONS.get(one.change) for one in trends]),
        forced=forced([forward for forward, _ in sides]),
        swap_consistent=all(one.swap_consistent for one in trends),
    )
