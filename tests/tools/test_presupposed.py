"""Where there is no tube, no tube lies wrong; where the answers say so, they contradict each other."""

import pytest

from prelim.knowledge import rules
from prelim.types import Finding, Laterality, State
from tools.presupposed import coherent

DEPENDENT = {label: rule.presupposes for label, rule in rules().items() if rule.presupposes}


def finding(label: str, state: State, probability: float, side: Laterality | None = "midline") -> Finding:
    given = {"laterality": side, "state": state, "probability": probability, "study_instance_uid": "1"}
    return Finding(id=f"f-{label}-{side}", label=label, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tube", "lies_wrong", "then"),
    [
        (("absent", 0.02), ("present", 0.97), ("uncertain", 0.97)),
        (("absent", 0.02), ("uncertain", 0.5), ("absent", 0.02)),
        (("absent", 0.02), ("absent", 0.1), ("absent", 0.1)),
        (("uncertain", 0.5), ("present", 0.97), ("present", 0.97)),
        (("present", 0.99), ("uncertain", 0.5), ("uncertain", 0.5)),
    ],
)
def test_what_follows_from_the_tube(
    tube: tuple[State, float], lies_wrong: tuple[State, float], then: tuple[State, float]
) -> None:
    asked = (finding("endotracheal_tube", *tube), finding("endotracheal_tube_malposition", *lies_wrong))
    first, second = coherent(asked)
    assert (first, (second.state, second.probability)) == (asked[0], then)
    assert second.id == asked[1].id


def test_a_chest_tubes_side_is_its_own() -> None:
    asked = (
        finding("chest_tube", "absent", 0.01, "left"),
        finding("chest_tube", "present", 0.99, "right"),
        finding("chest_tube_malposition", "present", 0.9, "right"),
        finding("chest_tube_malposition", "present", 0.9, "left"),
    )
    assert [item.state for item in coherent(asked)] == ["absent", "present", "present", "uncertain"]


def test_what_was_not_asked_says_nothing() -> None:
    alone = (finding("catheter_malposition", "present", 0.9), finding("pneumothorax", "present", 0.9, "left"))
    assert coherent(alone) == alone


def test_what_is_presupposed_is_asked_in_the_same_places() -> None:
    assert len(DEPENDENT) == 5
    for label, ground in DEPENDENT.items():
        assert rules()[ground].places == rules()[label].places
        assert rules()[ground].presupposes == ""
