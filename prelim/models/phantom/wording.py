"""Words for the training questions: the product's own, others, noise, and some held out for measuring.

The product's prompts may be reworded without a new training only if the model has seen more than one wording.
"""

from typing import NamedTuple

import numpy as np

from prelim.knowledge import FindingRule, table
from prelim.prompts import render

Rng = np.random.Generator
FILM = table("chest_xray")


class Bank(NamedTuple):
    """Other wordings of one question, and the held-out ones.

    {f} finding with its article, {n} without, {p} place, {l} label.
    """

    others: tuple[str, ...]
    held: tuple[str, ...]


BANKS = {
    "probe affirmative": Bank(
        (
            "Do you see {f} {p}?",
            "Is {f} present {p}?",
            "Can {f} be seen {p}?",
            "Any {f} {p}?",
            "Is {f} visible {p}?",
            "Does the film show {f} {p}?",
            "Is there evidence of {f} {p}?",
            "Has the film {f} {p}?",
            "Tell me whether there is {f} {p}.",
            "Check {p} for {f}: is it there?",
        ),
        (
            "Would you report {f} {p}?",
            "Looking carefully, is {f} shown {p}?",
            "On this view, do you make out {f} {p}?",
        ),
    ),
    "probe negative": Bank(
        (
            "Is {f} absent {p}?",
            "Is there no {n} {p}?",
            "Is the film clear of {f} {p}?",
            "Is the film without {f} {p}?",
            "Is the film negative for {f} {p}?",
            "Does the film show no {n} {p}?",
            "Tell me whether there is no {n} {p}.",
        ),
        (
            "Would you call the film free of {f} {p}?",
            "Looking carefully, is {f} absent {p}?",
            "On this view, is it right that {f} is absent {p}?",
        ),
    ),
    "quality affirmative": Bank(
        ("Is the image a readable chest film?", "Can this chest film be read?", "Is this film readable?"),
        ("Would you accept this as a readable chest film?", "Is this a readable radiograph?"),
    ),
    "quality negative": Bank(
        (
            "Is this film unreadable?",
            "Should this film be rejected as unreadable?",
            "Is this picture unreadable?",
        ),
        ("Would you call this film unreadable?", "Looking carefully, is this image unreadable?"),
    ),
    "localization": Bank(
        (
            "Locate {f} {p}. Final Answer: box_2d, {l}.",
            "Find {f} {p} and give box_2d and label {l}.",
            "Draw a box around the {f} {p}: box_2d, label {l}.",
            "Box {f} {p}. Label {l}.",
        ),
        ("Outline {f} {p} as box_2d with label {l}.", "Mark {f} {p} with a box_2d, label {l}."),
    ),
    "comparison": Bank(
        (
            "How has the {f} {p} changed?",
            "Compare the {f} {p} with the earlier film.",
            "What happened to the {f} {p}?",
            "Is the {f} {p} new, worse, stable, better or resolved?",
            "The {f} {p}: what changed since the earlier film?",
        ),
        ("Describe the change of the {f} {p}.", "Against the earlier film, how is the {f} {p}?"),
    ),
    "labs": Bank(
        (
            "Read the lab table as JSON.\n<<<\n{lines}\n>>>",
            "Extract the lab row.\n<<<\n{lines}\n>>>",
            "Write this row as JSON.\n<<<\n{lines}\n>>>",
            "Give the result below as a JSON list.\n<<<\n{lines}\n>>>",
        ),
        (
            "Transcribe this lab result into JSON.\n<<<\n{lines}\n>>>",
            "Turn the lab row into JSON.\n<<<\n{lines}\n>>>",
        ),
    ),
    "sentence": Bank(
        (
            "Write the report sentence for these facts.\n<<<\n{facts}\n>>>",
            "Put these facts in one sentence.\n<<<\n{facts}\n>>>",
            "Say this in a sentence.\n<<<\n{facts}\n>>>",
            "Word the facts below as the report would.\n<<<\n{facts}\n>>>",
            "Report these facts:\n<<<\n{facts}\n>>>",
        ),
        (
            "State these facts as a report sentence.\n<<<\n{facts}\n>>>",
            "One sentence for the report:\n<<<\n{facts}\n>>>",
        ),
    ),
}
_FILLER = [
    "please",
    "now",
    "doctor",
    "for",
    "this",
    "study",
    "carefully",
    "today",
    "look",
    "here",
    "quick",
    "adult",
    "portable",
    "view",
    "review",
    "again",
    "also",
    "note",
    "during",
    "considering",
    "standing",
    "breathing",
    "evening",
    "would",
    "could",
    "quietly",
    "helpful",
    "usual",
]
_DENIED_BEFORE = ("no", "free of", "without", "clear of", "negative for")
_DENIED_AFTER = ("absent", "not there", "not seen")
_SIDES = {
    "right": ("on the patient's right", "in the right lung"),
    "left": ("on the patient's left", "in the left lung"),
}
_PREAMBLES = ("", "Chest film.", "Chest radiograph, frontal.")


class Style(NamedTuple):
    """How a question is worded: the product's words, held-out ones, or (neither) any others and noise."""

    product: bool = False
    held: bool = False


PRODUCT, HELD, NOISY = Style(product=True), Style(held=True), Style()


def choose(rng: Rng, items: tuple[str, ...] | list[str]) -> str:
    """One of several."""
    return items[int(rng.integers(len(items)))]


def preamble(rng: Rng, style: Style) -> str:
    """The text before the images."""
    own = render("chest_xray", "preamble")
    return own if style != NOISY or rng.random() < 0.8 else choose(rng, _PREAMBLES)


def asked(rng: Rng, style: Style, kind: str, **fields: str) -> str:
    """A question of a kind ("probe negative", "labs" …) without finding or place."""
    task, _, key = kind.partition(" ")
    if style.product or (not style.held and rng.random() < 0.4):
        return _noise(rng, style, render(task, key or "question", image=FILM.image, **fields))
    bank = BANKS[kind]
    return _noise(rng, style, choose(rng, bank.held if style.held else bank.others).format(**fields))


def about(rng: Rng, style: Style, kind: str, label: str, side: str) -> str:
    """A question about a finding on a side."""
    rule, task, key = FILM.findings[label], *kind.partition(" ")[::2]
    name = rule.phrase if task == "probe" else rule.name
    place = rule.places[side]  # type: ignore[index]
    if style.product or (not style.held and rng.random() < 0.4):
        way = f"{key}_again" if task == "probe" and rng.random() < 0.5 else key or "question"
        fields = {"finding": name, "name": rule.name, "place": place, "label": label, "noun": FILM.noun}
        return _noise(rng, style, render(task, way, **fields))
    if not style.held and side in _SIDES and rng.random() < 0.3:
        place = choose(rng, _SIDES[side])
    if task == "probe" and not style.held and rng.random() < 0.4:
        words = _loose(rng, key, rule, place)
    else:
        bank = BANKS[kind]
        words = choose(rng, bank.held if style.held else bank.others).format(f=name, n=rule.name, p=place, l=label)
    if task == "probe" and (style.held or rng.random() < 0.7):
        words += " Answer yes or no."
    return _noise(rng, style, words)


def _loose(rng: Rng, key: str, rule: FindingRule, place: str) -> str:
    """A probe of unknown words: what is not denied is asked for. Without it a new verb is taken for a negation."""
    before, after = (" ".join(_word(rng) for _ in range(int(rng.integers(low, 4)))) for low in (1, 0))
    if key == "affirmative":
        return f"{before} {rule.phrase} {after} {place}?"
    if rng.random() < 0.5:
        denied = choose(rng, _DENIED_BEFORE)
        return f"{before} {denied} {rule.name if denied == 'no' else rule.phrase} {after} {place}?"
    return f"{before} {rule.phrase} {after} {choose(rng, _DENIED_AFTER)} {place}?"


def _noise(rng: Rng, style: Style, words: str) -> str:
    """Sometimes a few fillers or made-up words before or after, which the model must learn to skip."""
    if style != NOISY or "\n" in words or rng.random() > 0.3:
        return words
    extra = " ".join(_word(rng) for _ in range(int(rng.integers(1, 4))))
    return f"{extra} {words}" if rng.random() < 0.6 else f"{words} {extra}"


def _word(rng: Rng) -> str:
    if rng.random() < 0.5:
        return choose(rng, _FILLER)
    return "".join(chr(97 + int(c)) for c in rng.integers(0, 26, int(rng.integers(3, 7))))
