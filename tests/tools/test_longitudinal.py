"""Which earlier film is compared, and which findings two views allow to be compared."""

import pytest

from memory.artifacts import Artifacts
from prelim.types import Finding, Laterality, State, Study
from tests.sample_scan import series_of, study_of
from tools.longitudinal import Question, _questions, nearest


def film(artifacts: Artifacts, view: str | None, day: str | None, uid: str) -> Study:
    series = series_of(artifacts, "DX", "CHEST", kind="projection", count=1, view=view, uid=f"{uid}.1")
    return study_of(series).model_copy(update={"study_instance_uid": uid, "date": day})


def finding(label: str, side: Laterality | None, state: State) -> Finding:
    return Finding(id="f", label=label, laterality=side, state=state, probability=None, study_instance_uid="1.9")


def test_the_latest_film_not_after_this_one_is_compared_and_of_a_day_the_same_view(artifacts: Artifacts) -> None:
    now = film(artifacts, "PA", "2026-03-02", "1.9")
    priors = [
        film(artifacts, "PA", "2025-01-01", "1.1"),
        film(artifacts, "AP", "2025-11-01", "1.2"),
        film(artifacts, "PA", "2025-11-01", "1.3"),
        film(artifacts, "PA", "2026-05-01", "1.4"),
        film(artifacts, "PA", None, "1.5"),
    ]
    pair = nearest(now, priors)
    assert pair and pair.prior.study_instance_uid == "1.3"
    undated = nearest(now, priors[4:])
    assert undated and undated.prior.study_instance_uid == "1.5"
    assert nearest(now, priors[3:4]) is None


@pytest.mark.parametrize(
    ("before", "compared"),
    [("PA", {"lung_opacity", "cardiomegaly"}), ("AP", {"lung_opacity"}), (None, {"lung_opacity", "cardiomegaly"})],
)
def test_the_size_of_the_heart_is_not_compared_between_views(
    artifacts: Artifacts, before: str | None, compared: set[str]
) -> None:
    """An AP film magnifies the heart (PA is the standard for its size); a blob in the lung stays one."""
    pair = nearest(film(artifacts, "PA", "2026-03-02", "1.9"), [film(artifacts, before, "2025-11-01", "1.2")])
    assert pair
    now = [finding("lung_opacity", "right", "present"), finding("cardiomegaly", "midline", "present")]
    asked, refused = _questions(pair, now, [one.model_copy(update={"state": "absent"}) for one in now])
    assert {question.rule.label for question in asked} == compared
    assert [item.label for item in refused] == [one.label for one in now if one.label not in compared]
    assert all("The earlier film is AP, this one PA" in item.reason for item in refused)


def test_what_is_absent_on_both_is_not_asked_and_without_a_side_nothing_is(artifacts: Artifacts) -> None:
    pair = nearest(film(artifacts, "PA", "2026-03-02", "1.9"), [film(artifacts, "AP", "2025-11-01", "1.2")])
    assert pair
    absent, sideless = finding("cardiomegaly", "midline", "absent"), finding("lung_opacity", None, "present")
    asked, refused = _questions(pair, [absent, sideless], [absent, sideless])
    assert asked == list[Question]() and [item.label for item in refused] == ["lung_opacity"]
