"""The runtime: what the model is shown, and that scores are shares of its whole vocabulary."""

from typing import Any

import pytest
import torch
from PIL import Image

from prelim.models.chat import ChatMedGemma
from prelim.models.engine import Engine
from prelim.models.messages import ask, conversation_of, from_base64, to_base64
from prelim.models.runtime import Conversation
from tests.models.test_chat import png

QUESTION = "Is there an opacity in the left lung? Answer yes or no."
CHOICES = ("yes", "no")


def film(seed: int, size: tuple[int, int] = (224, 224)) -> Image.Image:
    """Grey noise, coarse enough to survive a change of size."""
    made = torch.randint(0, 256, (8, 8), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    return Image.fromarray(made.numpy()).resize(size, Image.Resampling.BILINEAR).convert("RGB")


def turn(*images: Image.Image, text: str = QUESTION) -> Conversation:
    return conversation_of(ask(text, [png(image) for image in images]))


def engine_of(model: ChatMedGemma) -> Engine:
    return model.runtime.pool.workers[0].engine  # type: ignore[no-any-return]


def seen(model: ChatMedGemma, image: Image.Image) -> torch.Tensor:
    """The features that the tower made of an image."""
    features = engine_of(model).features.get(from_base64(to_base64(png(image))).digest)
    assert features is not None
    return features


def by_transformers(model: ChatMedGemma, *images: Image.Image, types: bool = True) -> torch.Tensor:
    """(vocabulary,) probabilities by transformers' own way from messages to logits, without the runtime's."""
    parts: list[dict[str, Any]] = [{"type": "image", "image": image} for image in images]
    inputs = model.runtime.processor.apply_chat_template(
        [{"role": "user", "content": [*parts, {"type": "text", "text": QUESTION}]}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    if not types:
        inputs["token_type_ids"] = torch.zeros_like(inputs["input_ids"])
    with torch.inference_mode():
        return torch.softmax(model.runtime.model(**inputs).logits[0, -1].double(), -1)


# ------------------------------------------------------------------ inputs


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_the_answer_is_that_of_the_whole_prompt(model: ChatMedGemma, count: int) -> None:
    images = [film(seed) for seed in range(count)]
    [shares] = model.runtime.next_token([turn(*images)])
    assert torch.allclose(shares.double(), by_transformers(model, *images), atol=1e-5)


def test_attention_inside_an_image_looks_both_ways(model: ChatMedGemma) -> None:
    """transformers makes it causal, without a word, where token types are left out."""
    [shares] = model.runtime.next_token([turn(film(1))])
    assert (by_transformers(model, film(1), types=False) - shares).abs().max() > 1e-6


@pytest.mark.parametrize("size", [(224, 90), (90, 224)])
def test_an_image_is_shown_in_its_centred_square(model: ChatMedGemma, size: tuple[int, int]) -> None:
    image = film(4, size)
    padded, squashed = Image.new("RGB", (224, 224)), image.resize((224, 224))
    padded.paste(image, ((224 - size[0]) // 2, (224 - size[1]) // 2))
    rows = model.runtime.next_token([turn(image), turn(padded), turn(squashed)])
    assert torch.allclose(seen(model, image), seen(model, padded), atol=1e-4)
    assert (seen(model, image) - seen(model, squashed)).abs().max() > 1e-2
    assert torch.allclose(rows[0], rows[1], atol=1e-4)
    said = [model.runtime.generate([turn(shown)], 12) for shown in (image, padded)]
    assert said[0] == said[1]


def test_an_image_shown_twice_is_encoded_once(model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    real = model.runtime.model.model.get_image_features

    def features(pixels: torch.Tensor) -> Any:
        given.append(len(pixels))
        return real(pixels)

    monkeypatch.setattr(model.runtime.model.model, "get_image_features", features)
    model.runtime.next_token([turn(film(101)), turn(film(102), film(101)), turn(film(101))])
    assert sum(given) == 2


def test_images_of_the_same_bytes_and_another_shape_are_two(model: ChatMedGemma) -> None:
    wide, high = Image.new("RGB", (224, 56), "white"), Image.new("RGB", (56, 224), "white")
    model.runtime.next_token([turn(wide, high)])
    assert (seen(model, wide) - seen(model, high)).abs().max() > 1e-2


# ------------------------------------------------------------------ scores


def test_a_score_is_the_share_of_the_whole_vocabulary(model: ChatMedGemma) -> None:
    shares = by_transformers(model, film(5))
    score = model.score(ask(QUESTION, [png(film(5))]), CHOICES)
    for choice in CHOICES:
        spelt = {model.runtime.tokenizer(text).input_ids[0] for text in (choice, choice.title())}
        assert score.probabilities[choice] == pytest.approx(shares[list(spelt)].sum().item(), abs=1e-4)


def test_shares_are_never_renormalised(model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> None:
    row = torch.full((1, model.runtime.vocabulary), 0.1 / model.runtime.vocabulary)
    for word, share in {"yes": 0.2, "no": 0.1, "stable": 0.6}.items():
        row[0, model.runtime.tokenizer(word).input_ids[0]] = share
    monkeypatch.setattr(model.runtime, "next_token", lambda batch, case: row)
    score = model.score(ask(QUESTION), CHOICES)
    assert score.probabilities == pytest.approx({"yes": 0.2, "no": 0.1}, abs=1e-3)
    assert score.mass == pytest.approx(sum(score.probabilities.values()))
    assert model.score(ask(QUESTION), ("yes", "stable")).probabilities["yes"] == score.probabilities["yes"]


def test_scores_in_a_batch_equal_single_ones(model: ChatMedGemma) -> None:
    texts = [QUESTION, "Why?", "Is this film readable? " * 3, *(f"Is it {n}?" for n in range(15))]
    asked = [ask(text, [png(film(seed)) for seed in range(n % 3)]) for n, text in enumerate(texts)]
    batched = model.score_all(asked, CHOICES)
    assert len(batched) == len(asked) and len({round(score.mass, 3) for score in batched}) > 2
    for messages, score in zip(asked, batched, strict=True):
        assert model.score(messages, CHOICES).probabilities == pytest.approx(score.probabilities, abs=2e-4)


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
