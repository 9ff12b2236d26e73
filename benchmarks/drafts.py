"""Drafts of drawn patients, end to end: what the model wrote, what is right, where it is silent, who is kept out.

Everything is scored from `draft.json` against what was drawn. A sentence about findings counts as asked of the model
where sentences of its form (its section; one finding, whatever its side, or several) are ever the model's; the others
are fixed.
"""

import statistics
from collections import Counter
from collections.abc import Sequence

from benchmarks.drafts_read import (
    SIGNS,
    Json,
    contradicts,
    findings_under,
    names_a_side,
    sayings,
    statements,
    states,
    wrong_side,
)
from benchmarks.drawn_cases import DrawnCase
from benchmarks.drawn_drafts import COUNTS, Drafted, drafted
from benchmarks.figure import Figure, figure

_UNREADABLE = ("blank", "noise", "inverted")
_ASKED = ("findings", "one")
"""The form that is always the model's to write: a sentence of one finding, on one side or absent on both."""
Pair = tuple[DrawnCase, Json]


def measure(full: bool) -> list[Figure]:
    """Shares in percent; 320 clean cases and 168 others, reduced to a few of each kind."""
    made = drafted(COUNTS[full])
    clean = [(item.case, item.draft) for item in made if item.case.kind == "clean" and item.draft is not None]
    return [
        *sentences(clean),
        *findings(clean),
        *changes(clean),
        *silence(made),
        *strangers(made),
        figure("drafts/time a case", statistics.median(item.seconds for item in made), "s", note=f"{len(made)} cases"),
    ]


def sentences(clean: Sequence[Pair]) -> list[Figure]:
    """Who wrote the sentences about findings, whether they hold, and what they say beside what was drawn."""
    told = [(case, draft, section, one) for case, draft in clean for section, one in statements(draft)]
    about = [(_form(draft, section, one), one) for _, draft, section, one in told if findings_under(draft, one)]
    forms = {form for form, one in about if one["source"] == "model"} | {_ASKED}
    asked = [one for form, one in about if form in forms]
    written = [one for one in asked if one["source"] == "model"]
    supported = [one for one in written if one["support"] == "supported"]
    fixed = f"; {len(told) - len(asked)} fixed sentences counted apart"
    astray = [(case.name, one["text"]) for case, _, _, one in told if wrong_side(one["text"], case)]
    against = [(case.name, one["text"]) for case, _, _, one in told if contradicts(one["text"], case)]
    return [
        _share("drafts/sentences asked of the model that are its own", len(written), len(asked), 90, fixed),
        _share("drafts/sentences of the model, supported", len(supported), len(written), 99),
        _count("drafts/wrong-side statements", astray, len(told), 0),
        _count("drafts/statements that contradict what was drawn", against, len(told)),
    ]


def _form(draft: Json, section: str, statement: Json) -> tuple[str, str]:
    ids = findings_under(draft, statement)
    labels = {found["label"] for found in draft["findings"] if found["id"] in ids}
    return section, "one" if len(labels) == 1 else "several"


def findings(clean: Sequence[Pair]) -> list[Figure]:
    """Each sign that can be drawn, on each film: present, absent, or abstained (uncertain, or not there)."""
    outcomes = Counter(_found(case, draft, f"{label} {side}") for case, draft in clean for label, side in _signs())
    others = (one for _, draft in clean for key, one in states(draft).items() if key not in _keys())
    more = sum(one["state"] == "present" for one in others)
    decided, all_ = outcomes["right"] + outcomes["wrong"] + more, sum(outcomes.values())
    return [
        _share("drafts/findings right, of those not abstained", outcomes["right"], decided, 97),
        _share("drafts/findings abstained on clean films", outcomes["abstained"], all_, 5, less=True),
    ]


def _found(case: DrawnCase, draft: Json, key: str) -> str:
    found = states(draft).get(key)
    if found is None or found["state"] == "uncertain":
        return "abstained"
    return "right" if (found["state"] == "present") == (key in case.signs) else "wrong"


def changes(clean: Sequence[Pair]) -> list[Figure]:
    """The change of every sign that was on either film of a pair."""
    told = [
        ((states(draft).get(key) or {"change": None})["change"], change)
        for case, draft in clean
        for key, change in case.changes.items()
    ]
    decided = [(said, drawn) for said, drawn in told if said not in (None, "uncertain")]
    right = sum(said == drawn for said, drawn in decided)
    return [
        _share("drafts/changes right, of those not abstained", right, len(decided)),
        _share("drafts/changes abstained", len(told) - len(decided), len(told)),
    ]


def silence(made: Sequence[Drafted]) -> list[Figure]:
    """Films that must not be read, and mirrored ones, of which no side may be told."""
    figures = []
    for kind in _UNREADABLE:
        drafts = [item.draft for item in made if item.case.kind == kind and item.draft is not None]
        figures.append(_share(f"drafts/silent on {kind} films", sum(map(_silent, drafts)), len(drafts), 98))
    drafts = [item.draft for item in made if item.case.kind == "mirrored" and item.draft is not None]
    sideless = sum(map(_sideless, drafts))
    return [*figures, _share("drafts/no side told of mirrored films", sideless, len(drafts), 98)]


def _silent(draft: Json) -> bool:
    """No finding stated as there or not there."""
    stated = any(found["state"] != "uncertain" for found in draft["findings"])
    return not stated and not any(sayings(one["text"]) for _, one in statements(draft))


def _sideless(draft: Json) -> bool:
    stated = [found for found in draft["findings"] if found["state"] != "uncertain"]
    sided = any(found["laterality"] in ("left", "right") and found["state"] == "present" for found in stated)
    return not sided and not any(names_a_side(one["text"]) for _, one in statements(draft))


def strangers(made: Sequence[Drafted]) -> list[Figure]:
    """Another patient's earlier film (by id: the case is refused; by name and birth date: the film), or paper."""
    figures = []
    for kind, what in (("other_tags", "film"), ("other_text", "paper")):
        cases = [item for item in made if item.case.kind == kind]
        stopped = sum(map(_stopped, cases))
        figures.append(_share(f"drafts/another patient's {what} stopped", stopped, len(cases), 100))
    return figures


def _stopped(item: Drafted) -> bool:
    """Refused as a whole; or refused by name, and neither its date nor its words reached the draft."""
    if item.case.refused_whole:
        return item.refusal == "patient_mismatch"
    if item.draft is None or "patient_mismatch" not in {one["code"] for one in item.draft["provenance"]["refused"]}:
        return False
    drafted = {key: value for key, value in item.draft.items() if key != "provenance"}
    return not any(word in str(drafted) for word in item.case.foreign)


# ------------------------------------------------------------------ small things


def _signs() -> list[tuple[str, str]]:
    return [(label, side) for label, sides in SIGNS.items() for side in sides]


def _keys() -> set[str]:
    return {f"{label} {side}" for label, side in _signs()}


def _share(name: str, part: int, whole: int, goal: float | None = None, more: str = "", less: bool = False) -> Figure:
    share = 100 * part / whole if whole else 0.0
    return figure(name, share, "%", goal=goal, more_is_better=not less, note=f"{part} of {whole}{more}")


def _count(name: str, found: Sequence[tuple[str, str]], whole: int, goal: float | None = None) -> Figure:
    shown = "".join(f"; {case}: {text}" for case, text in found[:5])
    return figure(name, len(found), "statements", goal=goal, note=f"of {whole}{shown}")
