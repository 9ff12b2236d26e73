"""The verifier on a few hundred mutations of one made draft; benchmarks/mutations.py does it by the thousand."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import mutations
from benchmarks.mutations import GOALS, Case, mutated, sampled
from prelim.draft import Draft
from tests.conftest import ROOT
from tests.mutators.drafts import Json, Mutation
from tests.mutators.held_out import HELD_OUT
from tests.mutators.wordings import KNOWN

MOST = 60
"""Mutations of a kind."""
_OTHER = {"right": "left", "left": "right"}
MUTATORS = sorted((ROOT / "tests" / "mutators").glob("*.py"))


@pytest.fixture
def cases(draft: Draft) -> list[Case]:
    """The sample draft, and a stranger's: the same on the other side, years earlier."""
    own = draft.model_dump(mode="json")
    return [Case(own), Case(_stranger(draft))]


def _stranger(draft: Draft) -> Json:
    text = draft.model_dump_json().replace("2025-11-01", "2019-04-05").replace("2026-03-02", "2020-06-07")
    told: Json = json.loads(text)
    sections = {name: [_turned(one) for one in lines] for name, lines in told["sections"].items()}
    findings = [{**one, "laterality": _OTHER.get(one["laterality"], "midline")} for one in told["findings"]]
    return {**told, "sections": sections, "findings": findings}


def _turned(statement: Json) -> Json:
    """The statement of a finding with the other side."""
    words = re.sub("right|left", lambda found: _OTHER[found.group()], statement["text"].lower())
    return {**statement, "text": words.capitalize()} if "convention" not in words else statement


def shares(cases: list[Case], by_person: bool = False) -> dict[str, float]:
    """Percent caught of each kind on the sample draft."""
    made = sampled(cases[:1], cases[1:], KNOWN, MOST)
    return {
        kind: 100 * float(np.mean([case.flagged(one, by_person) for case, one in found]))
        for kind, found in made.items()
    }


def test_the_goals_are_met_on_the_sample_draft(cases: list[Case]) -> None:
    caught = shares(cases)
    assert set(GOALS) <= set(caught)
    assert {kind: share for kind, share in caught.items() if share < GOALS.get(kind, 0)} == {}


def test_the_draft_itself_is_not_flagged(cases: list[Case]) -> None:
    own = cases[0]
    told = [one for name in type(own.draft.sections).model_fields for one in getattr(own.draft.sections, name)]
    assert [one.text for one in told if own.verified(one.id, one.text) != (one.text, False)] == []


def test_a_verifier_that_passes_everything_catches_nothing(cases: list[Case], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutations, "checked", lambda sections, ground: sections)
    monkeypatch.setattr(mutations, "omissions", lambda sections, ground: ())
    assert set(shares(cases).values()) == {0.0}


@pytest.mark.parametrize("bank", [KNOWN, HELD_OUT], ids=["known", "held out"])
def test_a_mutation_changes_its_statement(cases: list[Case], bank: Any) -> None:
    """Every kind is made, none leaves its text as it was, and all name a statement of the draft."""
    rng = np.random.default_rng(1)
    made = list(mutated(cases[0].json, cases[1].json, rng, bank))
    ids = {one["id"] for lines in cases[0].json["sections"].values() for one in lines}
    assert {one.kind for one in made} >= {*GOALS, "paraphrase", "patient", "added"}
    assert all(one.statement in ids and one.after != one.before for one in made)


def test_the_same_seed_makes_the_same(cases: list[Case]) -> None:
    def again() -> list[Mutation]:
        return list(mutated(cases[0].json, cases[1].json, np.random.default_rng(7), KNOWN))

    assert again() == again()


@pytest.mark.parametrize("path", MUTATORS, ids=lambda path: path.stem)
def test_the_mutators_know_nothing_of_the_product(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    rooms = ("agents", "app", "benchmarks", "graphs", "memory", "prelim", "tools")
    assert not [name for name in named if name.split(".")[0] in rooms]
