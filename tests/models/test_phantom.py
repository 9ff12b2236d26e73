"""The embedded model: its drawn films, its processor, and its answers on films it has not seen."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from prelim.models import phantom
from prelim.models.answers import LabLineAnswer
from prelim.models.box_figures import overlap
from prelim.models.engine.prompt import spell
from prelim.models.phantom import batches, draw, evaluate, questions
from prelim.models.phantom.build import ONE_TOKEN, TOKENS_PER_IMAGE
from prelim.models.phantom.wording import NOISY, PRODUCT

WEIGHTS = Path(phantom.__file__).parent / "weights"
GOLDEN_SEED = 24
BRIGHTER = 30
"""Grey values by which a drawn sign stands out from the film without it."""


@pytest.fixture(scope="module")
def reader() -> Iterator[evaluate.Reader]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield evaluate.Reader(WEIGHTS)
    torch.set_num_threads(threads)


# ------------------------------------------------------------------ drawing


def test_the_same_seed_draws_the_same_film() -> None:
    one, other = (draw.film(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.pixels, other.pixels)
    assert one.boxes == other.boxes
    assert not np.array_equal(one.pixels, draw.film(np.random.default_rng(6)).pixels)


@pytest.mark.parametrize("sign", draw.SIGNS, ids=" ".join)
@pytest.mark.parametrize("seed", range(5))
def test_a_box_holds_what_was_drawn(sign: draw.Sign, seed: int) -> None:
    rng = np.random.default_rng(seed)
    chest, shape = draw.anatomy(rng), draw.shape(rng, sign[0])
    plain, signed = (draw.render(np.random.default_rng(9), chest, signs) for signs in ({}, {sign: shape}))
    rows, columns = np.where(np.abs(signed.pixels.astype(int) - plain.pixels) > BRIGHTER)
    seen = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
    assert list(signed.boxes) == [sign]
    assert overlap(signed.boxes[sign], seen) > 0.65


@pytest.mark.parametrize("label", ["lung_opacity", "pleural_effusion"])
def test_the_patients_right_lies_on_the_left_of_the_image(label: str) -> None:
    rng = np.random.default_rng(3)
    chest = draw.anatomy(rng)
    right, left = (draw.render(rng, chest, {(label, side): draw.shape(rng, label)}) for side in ("right", "left"))
    assert right.boxes[(label, "right")][3] < chest.x < left.boxes[(label, "left")][1]


def test_the_same_patient_with_a_grown_opacity() -> None:
    rng, sign = np.random.default_rng(3), draw.SIGNS[0]
    chest = draw.anatomy(rng)
    small, large = (draw.render(rng, chest, {sign: draw.Shape(size)}).boxes[sign] for size in (18, 28))
    assert (large[2] - large[0]) / (small[2] - small[0]) == pytest.approx(28 / 18)


def test_changes_are_what_the_two_films_show() -> None:
    rng = np.random.default_rng(4)
    for before, after, changes in (draw.pair(rng) for _ in range(40)):
        assert {sign for sign, change in changes.items() if change != "new"} == set(before.boxes)
        assert {sign for sign, change in changes.items() if change != "resolved"} == set(after.boxes)


@pytest.mark.parametrize("kind", draw.UNREADABLE)
def test_unreadable_films_are_films_without_signs(kind: str) -> None:
    film = draw.unreadable_film(np.random.default_rng(1), kind)
    assert film.pixels.shape == (draw.SIZE_PX, draw.SIZE_PX)
    assert film.pixels.dtype == np.uint8
    assert (film.unreadable, film.boxes) == (kind, {})


# ------------------------------------------------------------------ processor


@pytest.mark.parametrize("task", batches.TASKS)
def test_training_sees_what_the_processor_makes(reader: evaluate.Reader, task: str) -> None:
    films, asked = batches.lesson(task, np.random.default_rng(7))
    runtime = reader.runtime
    for question in asked[:8]:
        [prompt] = runtime.prompts_of([evaluate.turns(films, question)])
        ids, image, _ = spell(prompt.units, TOKENS_PER_IMAGE)
        written = [token if place < 0 else runtime.image_token for token, place in zip(ids, image, strict=True)]
        text = batches.prompt(runtime.processor, question)
        assert written == runtime.tokenizer(text, add_special_tokens=False).input_ids
        shown = [prompt.pictures[unit].pixels() for unit in prompt.units if isinstance(unit, str)]
        for pixels, index in zip(shown, question.images, strict=True):
            assert np.allclose(pixels[0], films[index].pixels / 127.5 - 1, atol=1e-6)


def test_choice_words_are_one_token_each_and_differ(reader: evaluate.Reader) -> None:
    tokens = [reader.runtime.tokenizer(word, add_special_tokens=False).input_ids for word in ONE_TOKEN]
    assert {len(ids) for ids in tokens} == {1}
    assert len({ids[0] for ids in tokens}) == len(ONE_TOKEN)


@pytest.mark.parametrize("text", ["Ödem links, 37 °C", "胸部 X 線", "a\tb\n\n c  d", "🫁 \u0000"])
def test_any_text_passes_through_the_tokenizer(reader: evaluate.Reader, text: str) -> None:
    ids = reader.runtime.tokenizer(text, add_special_tokens=False).input_ids
    assert reader.runtime.tokenizer.decode(ids) == text


def test_a_turn_ends_where_generation_ends(reader: evaluate.Reader) -> None:
    end = reader.runtime.tokenizer("<end_of_turn>", add_special_tokens=False).input_ids
    assert reader.runtime.model.generation_config.eos_token_id == [1, *end]
    assert not reader.runtime.model.generation_config.do_sample


# ------------------------------------------------------------------ answers on fresh films


def test_golden_films(reader: evaluate.Reader) -> None:
    found = {
        name: float(np.mean(values))
        for exam in (evaluate.quality, evaluate.probes, evaluate.localization, evaluate.comparison)
        for name, values in exam(reader, np.random.default_rng(GOLDEN_SEED), PRODUCT, 24).items()
    }
    assert found["quality"] >= 0.95
    assert found["probe polarities agree"] >= 0.95
    assert min(value for name, value in found.items() if name.startswith("probe ")) >= 0.95
    overlaps = {name.removeprefix("box IoU "): value for name, value in found.items() if name.startswith("box IoU ")}
    assert min(overlaps[" ".join(sign)] for sign in draw.SIGNS) >= 0.75
    assert found["boxes, none where absent"] >= 0.9
    assert found["comparison"] >= 0.9


def test_golden_text(reader: evaluate.Reader) -> None:
    rng = np.random.default_rng(GOLDEN_SEED)
    assert np.mean(evaluate.sentence(reader, rng, PRODUCT, 16)["report sentence exact"]) >= 0.9
    found = evaluate.labs(reader, rng, PRODUCT, 16)
    assert np.mean(found["lab rows in form"]) >= 0.9
    assert np.mean(found["lab rows exact"]) >= 0.9


def test_answers_out_of_form_are_no_answer() -> None:
    assert evaluate.read_boxes("Look at the lungs.") is None
    assert evaluate.read_boxes('Final Answer:\n```json\n[{"box_2d": [1, 2]}]\n```') is None
    assert evaluate.read_row('[{"name": "CRP"') is None


def test_every_lab_answer_fits_the_schema() -> None:
    rng = np.random.default_rng(8)
    for _ in range(50):
        LabLineAnswer.model_validate_json(questions.labs(rng, NOISY).answer)
