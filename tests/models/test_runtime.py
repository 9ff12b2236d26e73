"""The runtime: what the model is shown, and that scores are shares of its whole vocabulary."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from PIL import Image

from prelim.models.chat import ChatMedGemma
from prelim.models.messages import ask
from prelim.models.runtime import Conversation
from tests.models.test_chat import png

QUESTION = "Is there an opacity in the left lung? Answer yes or no."
CHOICES = ("yes", "no")


def film(seed: int, size: tuple[int, int] = (224, 224)) -> Image.Image:
    """Grey noise, coarse enough to survive a change of size."""
    made = torch.randint(0, 256, (8, 8), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    return Image.fromarray(made.numpy()).resize(size, Image.Resampling.BILINEAR).convert("RGB")


def turn(*images: Image.Image, text: str = QUESTION) -> Conversation:
    parts: list[dict[str, Any]] = [{"type": "image", "image": image} for image in images]
    return [{"role": "user", "content": [*parts, {"type": "text", "text": text}]}]


@contextmanager
def passes(model: ChatMedGemma) -> Iterator[list[dict[str, Any]]]:
    """What every forward pass was given."""
    seen: list[dict[str, Any]] = []
    spy = model.runtime.model.register_forward_pre_hook(lambda _, __, named: seen.append(named), with_kwargs=True)
    yield seen
    spy.remove()


# ------------------------------------------------------------------ inputs


@pytest.mark.parametrize("way", ["next_token", "generate"])
def test_token_types_mark_exactly_the_image_tokens(model: ChatMedGemma, way: str) -> None:
    batch = [turn(film(1), film(2)), turn(film(3), text="Short?"), turn()]
    with passes(model) as seen:
        getattr(model.runtime, way)(batch, *([2] if way == "generate" else []))
    prompt, *steps = seen
    image_token, per_image = model.runtime.model.config.image_token_id, model.runtime.model.config.mm_tokens_per_image
    assert torch.equal(prompt["token_type_ids"], (prompt["input_ids"] == image_token).long())
    assert prompt["token_type_ids"].sum(1).tolist() == [2 * per_image, per_image, 0]
    assert all(step["input_ids"].shape[1] == 1 for step in steps)


def test_without_token_types_the_answer_would_differ(model: ChatMedGemma) -> None:
    """The reason for passing them: attention inside an image looks both ways."""
    with passes(model) as seen:
        shares = model.runtime.next_token([turn(film(1))])[0]
    with torch.inference_mode():
        causal = model.runtime.model(**seen[0] | {"token_type_ids": torch.zeros_like(seen[0]["input_ids"])})
    assert (torch.softmax(causal.logits[0, -1].float(), -1) - shares).abs().max() > 1e-6


@pytest.mark.parametrize("size", [(224, 90), (90, 224)])
def test_an_image_is_shown_in_its_centred_square(model: ChatMedGemma, size: tuple[int, int]) -> None:
    image = film(4, size)
    padded, squashed = Image.new("RGB", (224, 224)), image.resize((224, 224))
    padded.paste(image, ((224 - size[0]) // 2, (224 - size[1]) // 2))
    batch = [turn(image), turn(padded), turn(squashed)]
    with passes(model) as seen:
        rows = model.runtime.next_token(batch)
    features = seen[0]["mm_encoder_outputs"]["image"].pooler_output
    assert torch.allclose(features[0], features[1], atol=1e-4)
    assert (features[0] - features[2]).abs().max() > 1e-2
    assert torch.allclose(rows[0], rows[1], atol=1e-4)
    said = [model.runtime.generate([conversation], 12) for conversation in batch[:2]]
    assert said[0] == said[1]


def test_an_image_shown_twice_is_encoded_once(model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    real = model.runtime.model.model.get_image_features

    def features(pixels: torch.Tensor) -> Any:
        given.append(len(pixels))
        return real(pixels)

    monkeypatch.setattr(model.runtime.model.model, "get_image_features", features)
    model.runtime.next_token([turn(film(1)), turn(film(2), film(1))])
    assert given == [2]


def test_images_of_the_same_bytes_and_another_shape_are_two(model: ChatMedGemma) -> None:
    wide, high = Image.new("RGB", (224, 56), "white"), Image.new("RGB", (56, 224), "white")
    with passes(model) as seen:
        model.runtime.next_token([turn(wide, high)])
    first, second = seen[0]["mm_encoder_outputs"]["image"].pooler_output
    assert (first - second).abs().max() > 1e-2


# ------------------------------------------------------------------ scores


def test_a_score_is_the_share_of_the_whole_vocabulary(model: ChatMedGemma) -> None:
    """Against transformers' own way from messages to logits, without the runtime's."""
    processor = model.runtime.processor
    inputs = processor.apply_chat_template(
        turn(film(5)), add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )
    with torch.inference_mode():
        shares = torch.softmax(model.runtime.model(**inputs).logits[0, -1].double(), -1)
    score = model.score(ask(QUESTION, [png(film(5))]), CHOICES)
    for choice in CHOICES:
        spelt = {processor.tokenizer(text).input_ids[0] for text in (choice, choice.title())}
        assert score.probabilities[choice] == pytest.approx(shares[list(spelt)].sum().item(), abs=1e-4)


def test_shares_are_never_renormalised(model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> None:
    row = torch.full((1, model.runtime.vocabulary), 0.1 / model.runtime.vocabulary)
    for word, share in {"yes": 0.2, "no": 0.1, "stable": 0.6}.items():
        row[0, model.runtime.tokenizer(word).input_ids[0]] = share
    monkeypatch.setattr(model.runtime, "next_token", lambda batch: row)
    score = model.score(ask(QUESTION), CHOICES)
    assert score.probabilities == pytest.approx({"yes": 0.2, "no": 0.1}, abs=1e-3)
    assert score.mass == sum(score.probabilities.values())
    assert model.score(ask(QUESTION), ("yes", "stable")).probabilities["yes"] == score.probabilities["yes"]


def test_scores_in_a_batch_equal_single_ones(model: ChatMedGemma) -> None:
    texts = [QUESTION, "Why?", "Is this film readable? " * 3, *(f"Is it {n}?" for n in range(15))]
    asked = [ask(text, [png(film(seed)) for seed in range(n % 3)]) for n, text in enumerate(texts)]
    batched = model.score_all(asked, CHOICES)
    assert len(batched) == len(asked) and len({round(score.mass, 3) for score in batched}) > 5
    for messages, score in zip(asked, batched, strict=True):
        assert model.score(messages, CHOICES).probabilities == pytest.approx(score.probabilities, abs=1e-4)


@pytest.mark.parametrize("choices", [("yes", "yes, mild"), ("no", "No")])
def test_choices_that_begin_alike_are_refused(model: ChatMedGemma, choices: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="begin with the same token"):
        model.score(ask(QUESTION), choices)


def test_greedy_twice_is_the_same(model: ChatMedGemma) -> None:
    said = set()
    for seed in range(3):
        torch.manual_seed(seed)
        said.add(str(model.invoke(ask("Describe.", [png(film(7))])).content))
    assert len(said) == 1
