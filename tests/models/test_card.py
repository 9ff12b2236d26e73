"""A model's card: what lies outside it is declined, with how to get a model that may be asked more."""

from typing import Any

import pytest
from pydantic import ValidationError

from prelim.errors import InputError
from prelim.models.card import Card, read_card
from prelim.models.doctor import cards
from prelim.models.loading import CARDS, card_of
from prelim.settings import Settings
from prelim.types import Series

CARD = Card(
    name="small",
    revision="1",
    modalities=("CR", "DX"),
    regions=("chest",),
    views=("PA", "AP"),
    findings=("cardiomegaly",),
    tasks=("probe", "labs"),
    image_provenance="drawn_phantom",
    obtain="Get a larger one.",
)


def series(**fields: Any) -> Series:
    given = {"modality": "DX", "view": "PA", "provenance": "drawn_phantom"} | fields
    return Series(
        study_instance_uid="1.2", series_instance_uid="1.2.3", kind="projection", frames=1, shape=(1, 9, 9), **given
    )


@pytest.mark.parametrize(
    ("task", "image", "label"),
    [
        ("labs", None, None),
        ("probe", series(), None),
        ("probe", series(modality="CR", view="AP"), "cardiomegaly"),
        ("probe", series(view=None), "cardiomegaly"),
        ("probe", series(body_part="THORAX"), "cardiomegaly"),
        ("probe", series(body_part=""), "cardiomegaly"),
    ],
)
def test_what_the_card_covers_may_be_asked(task: str, image: Series | None, label: str | None) -> None:
    assert CARD.declines(task, image, label) is None


@pytest.mark.parametrize(
    ("task", "image", "label", "named"),
    [
        ("localization", series(), "cardiomegaly", "localization"),
        ("probe", series(modality="CT"), "cardiomegaly", "CT"),
        ("probe", series(view="LATERAL"), "cardiomegaly", "LATERAL"),
        ("probe", series(provenance="clinical"), "cardiomegaly", "drawn phantoms only"),
        ("probe", series(), "fracture", "fracture"),
        ("probe", series(body_part="HEAD"), "cardiomegaly", "HEAD"),
        ("probe", series(modality="OT"), "cardiomegaly", "unknown modality"),
    ],
)
def test_what_lies_outside_is_declined_by_name(task: str, image: Series, label: str, named: str) -> None:
    reason = CARD.declines(task, image, label)
    assert reason is not None and named in reason
    assert reason.endswith(CARD.obtain)


def test_a_card_for_any_image_reads_clinical_ones() -> None:
    card = CARD.model_copy(update={"image_provenance": "any"})
    assert card.declines("probe", series(provenance="clinical"), "cardiomegaly") is None


def test_the_embedded_model_reads_no_patient_and_says_what_it_is() -> None:
    phantom, medgemma = (read_card(CARDS[name]) for name in ("phantom", "medgemma"))
    clinical = series(provenance="clinical")
    assert "MedGemma" in (phantom.declines("probe", clinical) or "")
    assert medgemma.declines("probe", clinical) is None
    assert "no medical model" in phantom.not_medical
    assert cards() == (phantom, medgemma)


def test_the_digest_is_over_every_field() -> None:
    other: dict[str, Any] = {name: (*value, "x") for name, value in CARD if isinstance(value, tuple)}
    other |= {name: value + "x" for name, value in CARD if isinstance(value, str)}
    other |= {"image_provenance": "any", "figures": {"films": 1}}
    assert set(other) == set(Card.model_fields)
    changed = {CARD.model_copy(update={name: value}).digest for name, value in other.items()}
    assert len(changed | {CARD.digest}) == len(other) + 1


def test_an_unknown_key_in_a_card_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "card.yaml"
    path.write_text(CARDS["medgemma"].read_text(encoding="utf-8") + "finding: [fracture]\n", encoding="utf-8")
    with pytest.raises(ValidationError, match="finding"):
        read_card(path)


def test_an_unknown_model_is_named(settings: Settings) -> None:
    with pytest.raises(InputError) as caught:
        card_of(settings.model_copy(update={"model": "gpt"}))
    assert caught.value.code == "unknown_model" and "'gpt'" in str(caught.value)
