"""Measure a trained model on fresh films, tables and facts, through its saved processor.

`python -m prelim.models.phantom.evaluate --model DIR --n 500 --seed S --out FILE`. Every task is asked
twice: with the product's words, and with words held out of the training. Closed questions are scored at the
first position of the answer, the rest is decoded greedily; lab rows under the product's grammar, and once
more without. No medical ability is measured.
"""

import argparse
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from pydantic import ValidationError

from prelim.models.answers import (
    BOX_CLOSING,
    BOX_OPENING,
    BoxAnswers,
    LabLineAnswer,
    citing,
    row_copied_from,
)
from prelim.models.box_figures import overlap
from prelim.models.grammar import grammar_of
from prelim.models.loading import load
from prelim.models.messages import ask, conversation_of
from prelim.models.phantom import draw, questions
from prelim.models.phantom.draw import SIZE_PX, Box, Film
from prelim.models.phantom.questions import Question, Rng
from prelim.models.phantom.wording import HELD, PRODUCT, Style
from prelim.models.runtime import Conversation

Item = tuple[Sequence[Film], Question]
Outcomes = dict[str, list[float]]
WORDINGS = {"product": PRODUCT, "held_out": HELD}
BATCH = 32
TOKENS = {"localization": 90, "labs": 120, "sentence": 90}
"""The longest answer of a task, in tokens."""
_MARK = re.compile(r"^E\d+(?= )", re.M)


class Reader:
    """A saved model and its processor, asked as the product asks."""

    def __init__(self, folder: Path) -> None:
        self.runtime = load(folder)

    def choose(self, items: Sequence[Item], choices: Sequence[str]) -> tuple[list[str], list[float]]:
        """The most probable choice of each, and the mass on all choices (a share of the whole vocabulary)."""
        first = [self.runtime.tokenizer(word, add_special_tokens=False).input_ids[0] for word in choices]
        rows = [self.runtime.next_token([turns(*item) for item in some]) for some in _batches(items)]
        shares = torch.cat(rows)[:, first]
        return [choices[index] for index in shares.argmax(-1).tolist()], shares.sum(-1).tolist()

    def write(self, items: Sequence[Item], tokens: int, grammars: Sequence[str] = ()) -> list[str]:
        """Greedy answers, each inside its grammar where there are any."""
        asked = [turns(*item) for item in items]
        return [text for text, _ in self.runtime.generate(asked, tokens, grammars=grammars or None)]


def turns(films: Sequence[Film], question: Question) -> Conversation:
    """A question as the model is asked it: preamble, images, text."""
    shown = [_png(films[index].pixels.tobytes(), films[index].pixels.shape) for index in question.images]
    return conversation_of(ask(question.text, shown, question.preamble))


@lru_cache(BATCH)
def _png(pixels: bytes, shape: tuple[int, int]) -> bytes:
    drawn = io.BytesIO()
    Image.frombytes("L", shape[::-1], pixels).save(drawn, "PNG")
    return drawn.getvalue()


# ------------------------------------------------------------------ tasks


def quality(reader: Reader, rng: Rng, style: Style, count: int) -> Outcomes:
    """Half the films unreadable, each asked both ways."""
    items: list[Item] = []
    kinds: list[str] = []
    for number in range(count):
        bad = draw.UNREADABLE[number // 2 % len(draw.UNREADABLE)] if number % 2 else None
        film = draw.unreadable_film(rng, bad) if bad else draw.film(rng)
        for negated in (False, True):
            items.append(([film], questions.quality(rng, style, film, 0, negated)))
            kinds.append(bad or "readable")
    said, mass = reader.choose(items, ("yes", "no"))
    right = _right(items, said)
    found: Outcomes = {
        "quality": right,
        "quality polarities agree": _agree(said),
        "quality mass over half": _half(mass),
    }
    for kind, value in zip(kinds, right, strict=True):
        found.setdefault(f"quality, {kind}", []).append(value)
    return found


def probes(reader: Reader, rng: Rng, style: Style, count: int) -> Outcomes:
    """Every sign of every film, both ways."""
    found: Outcomes = defaultdict(list)
    for _ in range(count):
        film = draw.film(rng)
        asked = [(sign, negated) for sign in draw.SIGNS for negated in (False, True)]
        items: list[Item] = [([film], questions.probe(rng, style, film, 0, *what)) for what in asked]
        said, mass = reader.choose(items, ("yes", "no"))
        for (sign, negated), value in zip(asked, _right(items, said), strict=True):
            way = "negative" if negated else "affirmative"
            found[f"probe {' '.join(sign)}, {way}"].append(value)
            found[f"probes, signs {'present' if sign in film.boxes else 'absent'}"].append(value)
        found["probe polarities agree"] += _agree(said)
        found["probe mass over half"] += _half(mass)
    return found


def localization(reader: Reader, rng: Rng, style: Style, count: int) -> Outcomes:
    """Every sign that is there, and one of those that are not; IoU against the drawn box, in pixels."""
    found: Outcomes = defaultdict(list)
    items: list[Item] = []
    wanted: list[tuple[draw.Sign, Box | None]] = []
    for _ in range(count):
        film = draw.film(rng)
        absent = [sign for sign in draw.SIGNS if sign not in film.boxes]
        for sign in (*film.boxes, absent[rng.integers(len(absent))]):
            items.append(([film], questions.localization(rng, style, film, 0, sign)))
            wanted.append((sign, film.boxes.get(sign)))
    for said, (sign, box) in zip(reader.write(items, TOKENS["localization"]), wanted, strict=True):
        answers = read_boxes(said)
        found["boxes, answer in form"].append(answers is not None)
        if box is None:
            found["boxes, none where absent"].append(answers is not None and not answers.root)
            continue
        given = [_pixels(one.box_2d) for one in answers.root if one.label == sign[0]] if answers else []
        shared = overlap(box, given[0]) if len(given) == 1 else 0.0
        found[f"box IoU {' '.join(sign)}"].append(shared)
        found[f"box IoU over 0.5 {' '.join(sign)}"].append(shared > 0.5)
    return found


def comparison(reader: Reader, rng: Rng, style: Style, count: int) -> Outcomes:
    """One changed sign a pair, asked in both image orders."""
    found: Outcomes = defaultdict(list)
    items: list[Item] = []
    asked: list[tuple[draw.Sign, str]] = []
    while len(asked) < count:
        before, after, changes = draw.pair(rng)
        if not changes:
            continue
        sign, change = list(changes.items())[rng.integers(len(changes))]
        items += [((before, after), one) for one in questions.comparison(rng, style, 0, 1, sign, change)]
        asked.append((sign, change))
    said, mass = reader.choose(items, draw.CHANGES)
    right = _right(items, said)
    for number, (sign, change) in enumerate(asked):
        there, back = said[2 * number : 2 * number + 2]
        for name in ("comparison", f"comparison, {sign[0]}", f"comparison, {change}"):
            found[name] += right[2 * number : 2 * number + 2]
        found["comparison swap consistent"].append(draw.INVERSE[there] == back)
    found["comparison mass over half"] = _half(mass)
    return found


def labs(reader: Reader, rng: Rng, style: Style, count: int) -> Outcomes:
    """Lines of laboratory tables; a row is right when all its five cells are."""
    items: list[Item] = [((), questions.labs(rng, style)) for _ in range(count)]
    grammars = [grammar_of(row_copied_from(_line(question.text))) for _, question in items]
    found: Outcomes = {}
    for way, own in (("", grammars), (", free", [])):
        said = reader.write(items, TOKENS["labs"], own)
        found[f"lab rows exact{way}"] = _right(items, [text.strip() for text in said])
        found[f"lab rows in form{way}"] = [float(read_row(text) is not None) for text in said]
    return found


def _line(question: str) -> str:
    """The result line of a lab question: the last between its marks."""
    return question.partition("\n>>>")[0].splitlines()[-1]


def sentence(reader: Reader, rng: Rng, style: Style, count: int) -> Outcomes:
    """Facts to the knowledge table's sentence and their marks, letter for letter, under the product's grammar."""
    items: list[Item] = [((), questions.sentence(rng, style)) for _ in range(count)]
    marks = [list(dict.fromkeys(_MARK.findall(question.text))) for _, question in items]
    said = reader.write(items, TOKENS["sentence"], [grammar_of(citing(some)) for some in marks])
    return {"report sentence exact": _right(items, [text.strip() for text in said])}


EXAMS: tuple[Callable[[Reader, Rng, Style, int], Outcomes], ...] = (
    quality,
    probes,
    localization,
    comparison,
    labs,
    sentence,
)


# ------------------------------------------------------------------ reading answers


def read_boxes(said: str) -> BoxAnswers | None:
    """The array of a localization; None where the answer is not in its form."""
    _, marker, rest = said.partition(BOX_OPENING)
    array, closing, _ = rest.partition(BOX_CLOSING)
    try:
        return BoxAnswers.model_validate_json(array) if marker and closing else None
    except ValidationError:
        return None


def read_row(said: str) -> LabLineAnswer | None:
    """The row of a lab answer; None where it is not in its form."""
    try:
        return LabLineAnswer.model_validate_json(said.strip())
    except ValidationError:
        return None


def _batches(items: Sequence[Item]) -> list[Sequence[Item]]:
    return [items[start : start + BATCH] for start in range(0, len(items), BATCH)]


def _pixels(box_2d: Sequence[int]) -> Box:
    y0, x0, y1, x1 = (value * SIZE_PX / 1000 for value in box_2d)
    return y0, x0, y1, x1


def _right(items: Sequence[Item], said: Sequence[str]) -> list[float]:
    return [float(text == question.answer) for text, (_, question) in zip(said, items, strict=True)]


def _agree(said: Sequence[str]) -> list[float]:
    """Whether the two ways of asking, one after the other, were answered with opposite words."""
    return [float(one != other) for one, other in zip(said[::2], said[1::2], strict=True)]


def _half(mass: Sequence[float]) -> list[float]:
    return [float(share > 0.5) for share in mass]


# ------------------------------------------------------------------ the whole


def measure(folder: Path, wording: str, count: int, seed: int, tasks: Sequence[str] = ()) -> dict[str, float]:
    """Means of every outcome with one kind of wording, on one thread. Both kinds see the same films."""
    torch.set_num_threads(1)
    reader = Reader(folder)
    figures: dict[str, float] = {}
    for number, exam in enumerate(EXAMS):
        if tasks and exam.__name__ not in tasks:
            continue
        found = exam(reader, np.random.default_rng([seed, number]), WORDINGS[wording], count)
        figures |= {name: round(float(np.mean(values)), 4) for name, values in sorted(found.items())}
    return figures


def main() -> None:
    """The command: both wordings side by side, a process each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--n", type=int, default=500, help="films, pairs, tables or facts a task")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--tasks", nargs="*", default=[], choices=[exam.__name__ for exam in EXAMS])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with ProcessPoolExecutor(len(WORDINGS), get_context("spawn")) as pool:
        jobs = {
            wording: pool.submit(measure, options.model, wording, options.n, options.seed, options.tasks)
            for wording in WORDINGS
        }
        found = {wording: job.result() for wording, job in jobs.items()}
    text = json.dumps({"n": options.n, "seed": options.seed, **found}, indent=1) + "\n"
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
