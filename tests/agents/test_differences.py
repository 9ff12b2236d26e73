"""Where two drafts differ: by path, items by their ids, probabilities within a tolerance."""

from agents.differences import differences, largest_deviation
from prelim.draft import Draft


def test_the_same_draft_differs_nowhere(draft: Draft) -> None:
    assert differences(draft, draft.model_copy(update={"status": "signed", "case_id": "c-other"})) == []


def test_a_value_and_a_missing_item(draft: Draft) -> None:
    lab, *others = draft.labs
    other = draft.model_copy(update={"labs": (*others, lab.model_copy(update={"value_text": "140"}))})
    found = {one.path: one.now for one in differences(draft, other)}
    order = [one.id for one in (*others, lab)]
    assert found == {f"labs[{lab.id}].value_text": "140", "labs (order)": order}
    [gone] = differences(draft, draft.model_copy(update={"labs": tuple(others)}))
    assert (gone.path, gone.now) == (f"labs[{lab.id}]", None) and gone.stored["name"] == lab.name


def test_probabilities_within_a_tolerance(draft: Draft) -> None:
    first, *others = draft.findings
    assert first.probability is not None
    near = first.model_copy(update={"probability": round(first.probability - 0.0001, 4)})
    other = draft.model_copy(update={"findings": (near, *others)})
    assert [one.path for one in differences(draft, other)] == [f"findings[{first.id}].probability"]
    assert differences(draft, other, 1e-4) == [] and len(differences(draft, other, 9e-5)) == 1
    assert largest_deviation(draft, other) == 0.0001
    without = draft.model_copy(update={"findings": (first.model_copy(update={"probability": None}), *others)})
    assert len(differences(draft, without, 1.0)) == 1, "none is not near anything"
