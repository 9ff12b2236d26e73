"""Words for claims: one bank that the verifier's makers may look at, and one held out (`held_out.py`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tests.mutators.drafts import Claim, Rng, pick


@dataclass(frozen=True)
class Bank:
    """Wordings. In `nouns` {side}; in sentences {a} (with its article), {A}, {x} (without), {X}, {d} a date.

    `changes` are keyed by change; `spellings` are strftime patterns of a date; `results` are sentences of a lab result
    with {name}, {value}, {unit}, {flag}, {ref}, {day}.
    """

    nouns: Mapping[str, tuple[str, ...]]
    unsided: Mapping[str, tuple[str, ...]]
    both: Mapping[str, tuple[str, ...]]
    present: tuple[str, ...]
    absent: tuple[str, ...]
    doubt: tuple[str, ...]
    changes: Mapping[str, tuple[str, ...]]
    spellings: tuple[str, ...]
    results: tuple[str, ...]
    sizes: tuple[str, ...]
    counts: tuple[str, ...]
    findings: tuple[str, ...]
    advice: tuple[str, ...]
    placeholders: tuple[str, ...]
    side_added: tuple[str, ...]


KNOWN = Bank(
    nouns={
        "lung_opacity": ("{side} lung opacity", "{side}-sided lung opacity", "opacity in the {side} lung"),
        "pleural_effusion": (
            "{side} pleural effusion",
            "{side}-sided pleural effusion",
            "pleural effusion on the {side}",
        ),
    },
    unsided={
        "lung_opacity": ("lung opacity",),
        "pleural_effusion": ("pleural effusion",),
        "cardiomegaly": ("enlarged heart", "cardiomegaly", "enlargement of the heart"),
    },
    both={
        "lung_opacity": (
            "There are bilateral lung opacities.",
            "Lung opacity on both sides.",
            "Opacities in both lungs.",
        ),
        "pleural_effusion": ("There are bilateral pleural effusions.", "Pleural effusion on both sides."),
    },
    present=("There is {a}.", "{A} is seen.", "{A} is present.", "{X} is noted.", "Evidence of {a}."),
    absent=(
        "There is no {x}.",
        "No {x} is seen.",
        "No evidence of {x}.",
        "{X} is absent.",
        "The film is free of {x}.",
        "Chest film without {x}.",
        "{A} is not seen.",
        "{X} is no longer seen.",
    ),
    doubt=("{A} cannot be excluded.", "Possible {x}.", "Whether there is {a} is uncertain."),
    changes={
        "worse": (
            "There is {a}, worse since {d}.",
            "{A} has worsened since {d}.",
            "{A} is larger than on {d}.",
            "{X} has progressed since {d}.",
            "{A} has increased since {d}.",
        ),
        "better": (
            "There is {a}, better since {d}.",
            "{A} has improved since {d}.",
            "{A} is smaller than on {d}.",
            "{X} has decreased since {d}.",
            "{A} has diminished since {d}.",
        ),
        "stable": (
            "There is {a}, stable since {d}.",
            "{A} is unchanged since {d}.",
            "{X} has not changed since {d}.",
            "{A} is stable compared with {d}.",
        ),
        "new": (
            "There is {a}, new since {d}.",
            "There is a new {x} since {d}.",
            "{X} has appeared since {d}.",
            "Newly seen {x} compared with {d}.",
        ),
        "resolved": (
            "The {x} of {d} has resolved.",
            "{X} has resolved since {d}.",
            "The {x} of {d} is no longer seen.",
            "The {x} has cleared since {d}.",
        ),
    },
    spellings=("%d %B %Y", "%B %d, %Y", "%Y/%m/%d"),
    results=(
        "{name} is {value} {unit} on {day} ({flag}; {ref}).",
        "{name} on {day}: {value} {unit}, which is {flag} ({ref}).",
        "{day}: {name} {value} {unit} ({ref}), {flag}.",
    ),
    sizes=("measuring 12 mm", "of 3.5 cm", "about 2 x 3 cm in size"),
    counts=("two of them", "three in number"),
    findings=("with a pneumothorax", "and a lung nodule", "with pulmonary edema"),
    advice=("Recommend CT of the chest.", "Follow-up film in 6 weeks is advised.", "Start antibiotics."),
    placeholders=("[date]", "___", "XX", "<insert side>", "TBD"),
    side_added=("{X} on the left.", "Right-sided {x}.", "There is a left {x}."),
)


def phrase(rng: Rng, bank: Bank, claim: Claim) -> str:
    """What is claimed, as a noun without its article."""
    if claim.side is None:
        return pick(rng, bank.unsided[claim.label])
    return pick(rng, bank.nouns[claim.label]).format(side=claim.side)


_RESULT = re.compile(
    r"^(?P<name>[\w ]+?) (?P<value>[<>]?[\d.]+) (?P<unit>\S+), "
    r"(?P<flag>high|low) \((?P<ref>reference [^)]*)\), (?P<day>[\d-]+)\.$"
)
"""A single result out of its range, as drafts tell it."""


def reworded_result(rng: Rng, bank: Bank, text: str) -> str | None:
    """The sentence of a lab result in the bank's words; None where the sentence is another's."""
    found = _RESULT.match(text)
    return pick(rng, bank.results).format(**found.groupdict()) if found else None


def worded(rng: Rng, bank: Bank, claim: Claim, day: str | None = None) -> str:
    """A claim in the bank's words; `day` says its date another way."""
    if claim.change:
        pattern = pick(rng, bank.changes[claim.change])
    else:
        pattern = pick(rng, {"present": bank.present, "absent": bank.absent, "uncertain": bank.doubt}[claim.state])
    return filled(pattern, phrase(rng, bank, claim), day or claim.since or "")


def filled(pattern: str, noun: str, day: str = "") -> str:
    """A sentence of the bank with its noun and date."""
    bare = noun.startswith(
        ("cardiomegaly", "enlargement", "cardiac enl", "heart enl", "fluid", "pleural fluid", "opacific")
    )
    article = noun if bare else f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
    text = pattern.format(a=article, A=_capital(article), x=noun, X=_capital(noun), d=day)
    return text.replace("a new enlarged", "a newly enlarged")


def spelt(rng: Rng, bank: Bank, day: str) -> str:
    """An ISO date in another spelling."""
    return date.fromisoformat(day).strftime(pick(rng, bank.spellings))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
