"""What the model says of a pair of films, each question in both image orders, before any threshold."""

from prelim.errors import InputError
from prelim.imaging.selection import best_frontal
from prelim.knowledge import rule_of
from prelim.models.interface import Score
from prelim.models.messages import ask
from prelim.models.questions import CHANGES
from prelim.prompts import render
from prelim.types import Laterality, Study, Value
from tools.film import shown
from tools.tool import Context, tool


class Sided(Value):
    """A finding on one side."""

    label: str
    laterality: Laterality


class PairScores(Value):
    """For each finding that was asked about: [earlier, later], and [later, earlier] put to it as if it were so."""

    scores: tuple[tuple[Score, Score], ...]


@tool()
def pair_scores(context: Context, *, prior: Study, current: Study, asked: tuple[Sided, ...]) -> PairScores:
    """Ask how findings changed between the best films of two studies, every question in both orders, in one batch.

    InputError no_film where one of them has none.
    """
    films = best_frontal(prior), best_frontal(current)
    if films[0] is None or films[1] is None:
        raise InputError("no_film", "One of the two studies has no frontal chest film.", "")
    first, second = shown(context, films[0].image), shown(context, films[1].image)
    preamble = render("chest_xray", "preamble")
    conversations = []
    for one in asked:
        rule = rule_of(one.label)
        text = render("comparison", finding=rule.name, place=rule.places[one.laterality])
        conversations += [ask(text, [first, second], preamble), ask(text, [second, first], preamble)]
    scores = context.model.score_all(conversations, CHANGES)
    return PairScores(scores=tuple(zip(scores[::2], scores[1::2], strict=True)))
