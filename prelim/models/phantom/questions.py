"""The questions that the product asks, about drawn films, lab tables and facts, with their right answers."""

from typing import NamedTuple

import numpy as np

from prelim.knowledge.sentence import MARKS, Claim
from prelim.models.answers import BOX_CLOSING, BOX_OPENING, BoxAnswer, StatementAnswer, dump
from prelim.models.phantom.draw import INVERSE, LABELS, SIZE_PX, Box, Film, Sign
from prelim.models.phantom.laboratory import table
from prelim.models.phantom.wording import FILM, Style, about, asked, preamble
from prelim.types import Change, Laterality, State

Rng = np.random.Generator


class Question(NamedTuple):
    """`images` are indices into the films at hand; `preamble` stands before them, `text` after."""

    images: tuple[int, ...]
    preamble: str
    text: str
    answer: str


def yes_no(truth: bool, negated: bool) -> str:
    """The answer to a question asked one way or the other."""
    return "yes" if truth != negated else "no"


def probe(rng: Rng, style: Style, film: Film, index: int, sign: Sign, negated: bool) -> Question:
    """Is there …? / Is the film free of …?"""
    kind = "probe negative" if negated else "probe affirmative"
    text = about(rng, style, kind, *sign)
    return Question((index,), preamble(rng, style), text, yes_no(sign in film.boxes, negated))


def quality(rng: Rng, style: Style, film: Film, index: int, negated: bool) -> Question:
    """Is it readable? / unreadable?"""
    text = asked(rng, style, "quality negative" if negated else "quality affirmative")
    return Question((index,), preamble(rng, style), text, yes_no(film.unreadable is None, negated))


def localization(rng: Rng, style: Style, film: Film, index: int, sign: Sign) -> Question:
    """Where is …? Empty where it is not there."""
    text = about(rng, style, "localization", *sign)
    return Question((index,), preamble(rng, style), text, box_text(sign, film.boxes.get(sign)))


def box_text(sign: Sign, box: Box | None) -> str:
    """A few free words, the marker, the fenced array; coordinates in steps of ten thousandths."""
    items = [BoxAnswer(box_2d=[_thousandths(value) for value in box], label=sign[0])] if box else []
    words = f"Look at the {FILM.findings[sign[0]].region}. "
    return words + BOX_OPENING + dump(items) + BOX_CLOSING


def _thousandths(value_px: float) -> int:
    return min(1000, max(0, round(value_px / SIZE_PX * 100) * 10))


def comparison(rng: Rng, style: Style, earlier: int, later: int, sign: Sign, change: str) -> tuple[Question, Question]:
    """How did … change?, in the true order and swapped."""
    there = Question((earlier, later), preamble(rng, style), about(rng, style, "comparison", *sign), change)
    back = Question((later, earlier), preamble(rng, style), about(rng, style, "comparison", *sign), INVERSE[change])
    return there, back


def labs(rng: Rng, style: Style, usual: bool = False, drill: bool = False) -> Question:
    """Copy the row of a lab table."""
    lines, answer = table(rng, usual, drill)
    return Question((), "", asked(rng, style, "labs", lines=lines), dump([answer]))


def sentence(rng: Rng, style: Style) -> Question:
    """Say these facts in one sentence, the knowledge table's, and cite them; other wordings have other marks."""
    claim = _claim(rng)
    first, second = (f"E{number}" for number in rng.choice(np.arange(1, 20), 2, replace=False))
    marks = MARKS if style.product else (first, second)
    answer = StatementAnswer(text=claim.sentence(), evidence=list(claim.marks(marks)))
    return Question((), "", asked(rng, style, "sentence", facts=claim.facts(marks)), dump(answer))


def _claim(rng: Rng) -> Claim:
    """Any claim the reporter may make: with a change, an absent finding has resolved; absent on both sides, no side."""
    label = LABELS[rng.integers(len(LABELS))]
    sides: list[Laterality] = list(FILM.findings[label].places)
    if len(sides) > 1 and rng.random() < 0.1:
        return Claim(label=label, side=None, state="absent")
    side = sides[rng.integers(len(sides))]
    states: tuple[State, ...] = ("present", "present", "absent", "uncertain")
    state = states[rng.integers(len(states))]
    changes: tuple[Change, ...] = ("new", "worse", "stable", "better", "uncertain")
    if state == "uncertain" or rng.random() < 0.3:
        return Claim(label=label, side=side, state=state)
    change: Change = "resolved" if state == "absent" else changes[rng.integers(len(changes))]
    since = f"20{rng.integers(10, 30)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
    return Claim(label=label, side=side, state=state, change=change, since=since)
