import pytest

from prelim.models.card import read_card
from prelim.models.chat import ChatMedGemma
from prelim.models.loading import CARDS, load
from prelim.models.phantom.build import Size, build_model
from prelim.types import digest_of
from tests.model_server import serve

__all__ = ["random_model", "serve"]


@pytest.fixture(scope="module")
def random_model(model: ChatMedGemma, tmp_path_factory: pytest.TempPathFactory) -> ChatMedGemma:
    """With the embedded model's processor, weights that nobody trained, and MedGemma's card."""
    folder, processor = tmp_path_factory.mktemp("random"), model.runtime.processor
    size = Size(hidden=32, layers=2, vision_hidden=32, vision_layers=1)
    build_model(processor.tokenizer, size, seed=1).save_pretrained(folder)
    processor.save_pretrained(folder)
    processor.image_processor.save_pretrained(folder)
    identity = model.identity.model_copy(update={"name": "random", "digest": digest_of("random")})
    return ChatMedGemma(runtime=load(folder), identity=identity, card=read_card(CARDS["medgemma"]))
