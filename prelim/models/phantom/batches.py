"""Training batches, drawn and tokenised in a process of their own."""

import math
from multiprocessing.queues import Queue
from multiprocessing.sharedctypes import Synchronized
from typing import Any, NamedTuple

import numpy as np
from transformers import Gemma3Processor

from prelim.models.phantom import draw, questions
from prelim.models.phantom.build import PATCH_PX, TOKENS_PER_IMAGE
from prelim.models.phantom.draw import LABELS, SIGNS, SIZE_PX, Film
from prelim.models.phantom.questions import Question
from prelim.models.phantom.wording import NOISY, PRODUCT, Style

Rng = np.random.Generator
GRID = SIZE_PX // PATCH_PX
CELLS = math.isqrt(TOKENS_PER_IMAGE)
TASKS = ("film", "localization", "comparison", "labs", "sentence")


class Curriculum(NamedTuple):
    """Where the lessons stand; moved on by success, read by the drawing process.

    `level` 0…1: how much negation and foreign wording the films' questions have. (Negation times finding is
    an exclusive-or, without gradient until one half is known.) `warm`: films only.
    """

    warm: "Synchronized[int]"
    level: "Synchronized[float]"
    stop: "Synchronized[int]"


def lesson(task: str, rng: Rng, level: float = 1.0) -> tuple[list[Film], list[Question]]:
    """Films and questions of one batch."""

    def style() -> Style:
        return NOISY if rng.random() < 0.85 * level else PRODUCT

    if task == "warm":
        return [draw.unreadable_film(rng) if rng.random() < 0.12 else draw.film(rng) for _ in range(32)], []
    if task == "film":
        return _probes(rng, style, negated=0.5 * level)
    if task == "localization":
        return _boxes(rng, style)
    if task == "comparison":
        return _changes(rng, style)
    if task == "labs":
        # The usual layout first; half of the tests invented: copying is the hardest lesson.
        return [], [questions.labs(rng, style(), rng.random() < 0.8 - level, rng.random() < 0.5) for _ in range(24)]
    return [], [questions.sentence(rng, style()) for _ in range(24)]


def _probes(rng: Rng, style: Any, negated: float) -> tuple[list[Film], list[Question]]:
    """Fourteen films, three probes each, present and absent alike; quality on unreadable and some more."""
    films, asked = [], []
    for index in range(14):
        film = draw.unreadable_film(rng) if rng.random() < 0.15 else draw.film(rng)
        films.append(film)
        if film.unreadable or rng.random() < 0.35:
            asked += [questions.quality(rng, style(), film, index, rng.random() < negated)]
        if film.unreadable:
            continue
        absent = [sign for sign in SIGNS if sign not in film.boxes]
        for _ in range(3):
            pool = list(film.boxes) if film.boxes and rng.random() < 0.5 else absent
            sign = pool[rng.integers(len(pool))]
            asked += [questions.probe(rng, style(), film, index, sign, rng.random() < negated)]
    return films, asked


def _boxes(rng: Rng, style: Any) -> tuple[list[Film], list[Question]]:
    films, asked = [], []
    for index in range(16):
        film = draw.film(rng)
        if not any(label == "lung_opacity" for label, _ in film.boxes) and rng.random() < 0.5:
            film = draw.film(rng)  # opacities are the hardest to find: shown more often
        films.append(film)
        absent = [sign for sign in SIGNS if sign not in film.boxes]
        asked += [questions.localization(rng, style(), film, index, sign) for sign in film.boxes]
        if rng.random() < 0.3:
            asked.append(questions.localization(rng, style(), film, index, absent[rng.integers(len(absent))]))
    return films, asked


def _changes(rng: Rng, style: Any) -> tuple[list[Film], list[Question]]:
    films: list[Film] = []
    asked: list[Question] = []
    while len(films) < 20:
        before, after, changes = draw.pair(rng)
        for sign, change in changes.items():
            asked += questions.comparison(rng, style(), len(films), len(films) + 1, sign, change)
        films += [before, after]
    return films, asked


# ------------------------------------------------------------------ arrays


class Tokens(NamedTuple):
    """Right-padded ids and labels (questions, length), −100 outside answers; each placeholder's image."""

    ids: np.ndarray
    labels: np.ndarray
    images: np.ndarray


def prompt(processor: Gemma3Processor, question: Question) -> str:
    """What the chat template and the processor make of a question."""
    images = processor.full_image_sequence * len(question.images)
    body = question.preamble.strip() + images + question.text.strip()
    return f"<bos><start_of_turn>user\n{body}<end_of_turn>\n<start_of_turn>model\n"


def tokens(processor: Gemma3Processor, asked: list[Question]) -> Tokens:
    """Questions and answers as one padded batch."""

    def encode(text: str) -> list[int]:
        return list(processor.tokenizer(text, add_special_tokens=False).input_ids)

    pairs = [(encode(prompt(processor, q)), encode(q.answer + "<end_of_turn>")) for q in asked]
    length = max(len(before) + len(after) for before, after in pairs)
    ids = np.zeros((len(pairs), length), np.int64)
    labels = np.full((len(pairs), length), -100)
    for row, (before, after) in enumerate(pairs):
        end = len(before) + len(after)
        ids[row, :end] = before + after
        labels[row, len(before) : end] = after
    return Tokens(ids, labels, np.array([index for q in asked for index in q.images], np.int64))


class Targets(NamedTuple):
    """What the head learns: per label and patch objectness and box (fractions); per film, readable.

    For the image tokens: per label the token in which its box's centre lies (−1: no box), the box, and whether the
    sign is present.
    """

    there: np.ndarray
    box: np.ndarray
    has_box: np.ndarray
    readable: np.ndarray
    cell: np.ndarray
    whole: np.ndarray
    present: np.ndarray


def targets(films: list[Film]) -> Targets:
    """Dense targets of the films; the heart's box is learnt whether enlarged or not."""
    shape = (len(films), len(LABELS), GRID, GRID)
    there, has_box = np.zeros(shape, np.float32), np.zeros(shape, bool)
    box, whole = np.zeros((*shape, 4), np.float32), np.zeros((*shape[:2], 4), np.float32)
    cell, there_at_all = np.full(shape[:2], -1), np.zeros(shape[:2], bool)
    for number, film in enumerate(films):
        marks = [(LABELS.index(label), found, True) for (label, _), found in film.boxes.items()]
        if film.heart:
            marks.insert(0, (LABELS.index("cardiomegaly"), film.heart, False))
        for label, found, present in marks:
            inside = _patches(found)
            box[number, label][inside] = np.array(found, np.float32) / SIZE_PX
            has_box[number, label][inside] = True
            cell[number, label], whole[number, label] = _cell(found), np.array(found, np.float32) / SIZE_PX
            there_at_all[number, label] = present
            if present:
                there[number, label][inside] = 1
    readable = np.array([film.unreadable is None for film in films], np.float32)
    return Targets(there, box, has_box, readable, cell, whole, there_at_all)


def _cell(box: draw.Box) -> int:
    """The image token in which the box's centre lies."""
    row, column = ((box[axis] + box[axis + 2]) / 2 / SIZE_PX * CELLS for axis in (0, 1))
    return min(CELLS - 1, int(row)) * CELLS + min(CELLS - 1, int(column))


def _patches(box: draw.Box) -> np.ndarray:
    """The patches whose centre lies in the box (or nearest to a thin one)."""
    centre, half = (np.arange(GRID) + 0.5) * PATCH_PX, PATCH_PX / 2
    y0, x0, y1, x1 = box
    rows = (centre > min(y0, y1 - half)) & (centre < max(y1, y0 + half))
    columns = (centre > min(x0, x1 - half)) & (centre < max(x1, x0 + half))
    return rows[:, None] & columns[None]


def produce(
    queue: "Queue[dict[str, Any]]",
    processor: Gemma3Processor,
    weights: dict[str, float],
    seed: int,
    now: Curriculum,
) -> None:
    """Draw and tokenise until told to stop."""
    rng, names = np.random.default_rng(seed), list(weights)
    share = np.array(list(weights.values())) / sum(weights.values())
    while not now.stop.value:
        task = "warm" if now.warm.value else names[rng.choice(len(names), p=share)]
        films, asked = lesson(task, rng, now.level.value)
        batch: dict[str, Any] = {"task": task}
        if asked:
            batch["tokens"] = tokens(processor, asked)
        if films:
            batch |= {"pixels": np.stack([film.pixels for film in films]), "targets": targets(films)}
        queue.put(batch)
