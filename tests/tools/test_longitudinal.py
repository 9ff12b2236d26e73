"""What is asked of each pair of films, what is not and why. Which films those are: test_film_chain.py."""

from itertools import combinations

import pytest

from memory.artifacts import Artifacts
from prelim.imaging.selection import best_frontal
from prelim.types import Finding, Laterality, State, Study
from tests.sample_scan import series_of, study_of
from tools.film_chain import Shot
from tools.longitudinal import UNREAD, UNSURE, Known, _asked, _not_asked


def film(artifacts: Artifacts, view: str | None, day: str | None, uid: str) -> Shot:
    series = series_of(artifacts, "DX", "CHEST", kind="projection", count=1, view=view, uid=f"{uid}.1")
    study: Study = study_of(series).model_copy(update={"study_instance_uid": uid, "date": day})
    found = best_frontal(study)
    assert found
    return Shot(study, found)


def finding(label: str, side: Laterality | None, state: State) -> Finding:
    return Finding(id="f", label=label, laterality=side, state=state, probability=None, study_instance_uid="1.9")


def known(artifacts: Artifacts, views: list[str | None], *states: dict[str, State]) -> tuple[Known, list[Finding]]:
    """Films of these views, the last the current one, and by label what was read of each."""
    shots = [film(artifacts, view, f"2025-0{place}-01", f"1.{place}") for place, view in enumerate(views, start=1)]
    sides: dict[str, Laterality] = {"lung_opacity": "right", "cardiomegaly": "midline"}
    read = {
        shot.uid: {(label, sides[label]): state for label, state in mine.items()}
        for shot, mine in zip(shots, states, strict=True)
    }
    return Known(shots, read), [finding(label, sides[label], state) for label, state in states[-1].items()]


BOTH: dict[str, State] = {"lung_opacity": "present", "cardiomegaly": "present"}
NEITHER: dict[str, State] = {"lung_opacity": "absent", "cardiomegaly": "absent"}


def asked_of(given: Known, findings: list[Finding]) -> dict[tuple[str | None, str | None], set[str]]:
    pairs = combinations(given.shots, 2)
    return {(a.study.date, b.study.date): {one.label for one in _asked(given, findings, a, b)} for a, b in pairs}


@pytest.mark.parametrize(
    ("before", "compared"),
    [("PA", {"lung_opacity", "cardiomegaly"}), ("AP", {"lung_opacity"}), (None, {"lung_opacity", "cardiomegaly"})],
)
def test_the_size_of_the_heart_is_not_compared_between_views(
    artifacts: Artifacts, before: str | None, compared: set[str]
) -> None:
    """An AP film magnifies the heart (PA is the standard for its size); a blob in the lung stays one."""
    given, findings = known(artifacts, [before, "PA"], NEITHER, BOTH)
    assert asked_of(given, findings) == {("2025-01-01", "2025-02-01"): compared}
    refused = list(_not_asked(given, findings))
    assert [item.label for item in refused] == [label for label in BOTH if label not in compared]
    assert all("The earlier film is AP, this one PA" in item.reason for item in refused)


def test_a_heart_is_compared_with_the_latest_film_of_its_view(artifacts: Artifacts) -> None:
    given, findings = known(artifacts, ["PA", "AP", "PA"], BOTH, BOTH, BOTH)
    assert asked_of(given, findings) == {
        ("2025-01-01", "2025-02-01"): {"lung_opacity"},
        ("2025-01-01", "2025-03-01"): {"lung_opacity", "cardiomegaly"},
        ("2025-02-01", "2025-03-01"): {"lung_opacity"},
    }
    assert list(_not_asked(given, findings)) == []
    heart, opacity = given.nearest("cardiomegaly"), given.nearest("lung_opacity")
    assert heart and opacity and (heart.study.date, opacity.study.date) == ("2025-01-01", "2025-02-01")


@pytest.mark.parametrize("before", ["PA", "AP"])
def test_what_is_absent_on_both_is_not_asked(artifacts: Artifacts, before: str) -> None:
    given, findings = known(artifacts, [before, "PA"], NEITHER, NEITHER)
    assert asked_of(given, findings) == {("2025-01-01", "2025-02-01"): set()}
    assert list(_not_asked(given, findings)) == []


def test_without_a_side_or_an_answer_nothing_is_asked(artifacts: Artifacts) -> None:
    given, _ = known(artifacts, ["PA", "PA"], {}, BOTH)
    findings = [finding("lung_opacity", None, "present"), finding("cardiomegaly", "midline", "present")]
    assert asked_of(given, findings) == {("2025-01-01", "2025-02-01"): set()}
    assert [(item.label, item.reason) for item in _not_asked(given, findings)] == [
        ("lung_opacity", UNSURE),
        ("cardiomegaly", UNSURE),
    ]
    assert [item.reason for item in _not_asked(given, [])] == [UNREAD]
