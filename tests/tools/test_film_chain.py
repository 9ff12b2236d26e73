"""Which earlier films a film is seen with: their order, the nearest, each picture once, and how many."""

from typing import Any

import pytest

from prelim.imaging.selection import best_frontal
from prelim.knowledge import rule_of
from prelim.types import Image, ImageSet, Series, Study
from tools.film_chain import EARLIER_FILMS, Shot, chain_of, earlier_films, nearest, views_fit

OPACITY, HEART = rule_of("lung_opacity"), rule_of("cardiomegaly")


def study(date: str | None, uid: str = "", picture: str = "", **given: Any) -> Study:
    """A study of one film; its UID is its day where none is given, its picture its UID."""
    uid = uid or f"1.{date or 'undated'}"
    image = Image(sop_instance_uid=f"{uid}.1", pixels_sha256=picture or uid, rows=8, columns=8)
    film = {"modality": "DX", "body_part": "CHEST", "view": "PA", "kind": "projection", "time": None} | given
    series = Series(
        study_instance_uid=uid,
        series_instance_uid=f"{uid}.s",
        frames=1,
        shape=(1, 8, 8),
        date=date,
        image_set=ImageSet(images=(image,)),
        **film,
    )
    return Study(study_instance_uid=uid, date=date, role="prior", series=(series,))


def shot(held: Study) -> Shot:
    film = best_frontal(held)
    assert film
    return Shot(held, film)


NOW = shot(study("2025-03-14"))


def days(now: Shot, *priors: Study) -> list[str | None]:
    return [one.study.date for one in earlier_films(now, priors).shots]


def test_the_oldest_first_and_an_undated_one_before_all() -> None:
    priors = [study("2024-06-01"), study(None), study("2023-05-02"), study("2025-09-01")]
    assert days(NOW, *priors) == [None, "2023-05-02", "2024-06-01"]
    assert days(NOW, *priors) == days(NOW, *reversed(priors))


def test_two_of_a_day_are_in_the_order_of_their_times() -> None:
    priors = [study("2024-06-01", "1.b", time="08:00:00"), study("2024-06-01", "1.a", time="20:00:00")]
    found = earlier_films(NOW, priors).shots
    assert [one.study.study_instance_uid for one in found] == ["1.b", "1.a"]
    last = nearest(NOW, found)
    assert last and last.study.study_instance_uid == "1.a"


def test_on_its_own_day_only_what_was_taken_before() -> None:
    now = shot(study("2025-03-14", "1.now", time="12:00:00"))
    later, before = study("2025-03-14", "1.b", time="13:00:00"), study("2025-03-14", "1.a", time="11:00:00")
    assert [one.study.study_instance_uid for one in earlier_films(now, [later, before]).shots] == ["1.a"]


def test_of_one_day_the_same_view_is_the_nearest() -> None:
    priors = [study("2024-06-01", "1.a"), study("2024-06-01", "1.b", view="AP", time="20:00:00")]
    last = nearest(NOW, earlier_films(NOW, priors).shots)
    assert last and last.film.series.view == "PA"


def test_a_size_that_depends_on_the_view_has_another_nearest_film() -> None:
    earlier = earlier_films(NOW, [study("2023-05-02"), study("2024-06-01", view="AP")]).shots
    found = {rule.label: nearest(NOW, earlier, rule) for rule in (OPACITY, HEART)}
    assert {label: one.study.date if one else None for label, one in found.items()} == {
        "lung_opacity": "2024-06-01",
        "cardiomegaly": "2023-05-02",
    }
    assert nearest(NOW, earlier[1:], HEART) is None


@pytest.mark.parametrize(("view", "fits"), [("PA", True), ("AP", False), (None, True)])
def test_views_that_are_known_to_differ(view: str | None, fits: bool) -> None:
    before = shot(study("2024-06-01", view=view))
    assert views_fit(HEART, before, NOW) == fits and views_fit(OPACITY, before, NOW)


@pytest.mark.parametrize(
    ("given", "comparable"),
    [
        ({"modality": "CR"}, True),
        ({"modality": "RG"}, True),
        ({"modality": "MG", "body_part": "", "view": None}, False),
        ({"body_part": "KNEE"}, False),
        ({"view": "LATERAL"}, False),
    ],
)
def test_films_with_films_of_one_region(given: dict[str, Any], comparable: bool) -> None:
    assert bool(days(NOW, study("2024-06-01", **given))) == comparable


def test_a_picture_is_not_compared_with_itself() -> None:
    again = study("2024-06-01", "1.again", picture=NOW.picture)
    found = earlier_films(NOW, [again])
    assert found.shots == () and found.same_picture
    assert found.warnings == ("The films of 2024-06-01 and 2025-03-14 are the same picture: they are taken for one.",)
    other = earlier_films(NOW, [again, study("2023-05-02")])
    assert [one.study.date for one in other.shots] == ["2023-05-02"] and not other.same_picture


def test_the_same_film_from_files_and_history_counts_once() -> None:
    """A film without tags has another UID than its DICOM file."""
    found = earlier_films(NOW, [study("2024-06-01", "1.a", picture="p"), study("2024-06-01", "1.b", picture="p")])
    assert len(found.shots) == 1 and found.warnings == ()


def test_only_the_latest_and_how_many_were_left_out_is_said() -> None:
    priors = [study(f"20{year}-01-01") for year in range(10, 18)]
    found = earlier_films(NOW, priors)
    assert [one.study.date for one in found.shots] == [f"20{year}-01-01" for year in range(18 - EARLIER_FILMS, 18)]
    assert found.warnings == ("Earlier films not compared: 3. A film is seen with the latest 5.",)
    chain = chain_of(NOW, found.shots)
    assert chain.films[-1].sop_instance_uid == NOW.uid and len(chain.films) == EARLIER_FILMS + 1
