"""The encoder is a setting: a plain BERT checkpoint is averaged over its words; another encoder, other vectors."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel, BertTokenizerFast

from memory.history import History
from prelim.errors import RefusedError, UnavailableError
from prelim.models.embeddings import Encoder
from tests.memory.conftest import some_record

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "no", "effusion", "nodule", "right", "lung", "creatinine", "."]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain BERT checkpoint, as BioBERT is one: no word of how a sentence is made of tokens."""
    folder = tmp_path_factory.mktemp("bert")
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    assert BertWordPieceTokenizer(str(folder / "vocab.txt")).get_vocab_size() == len(WORDS)
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    return folder


def test_a_plain_checkpoint_is_averaged_over_its_words(bert: Path) -> None:
    texts = ["no effusion", "right lung nodule ."]
    vectors = Encoder(str(bert)).encode(texts)
    tokenizer, model = BertTokenizerFast.from_pretrained(bert), BertModel.from_pretrained(bert).eval()
    given = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        hidden = model(**given).last_hidden_state.numpy()
    mask = given["attention_mask"].numpy()[:, :, None]
    mean = (hidden * mask).sum(1) / mask.sum(1)
    expected = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    assert vectors.shape == (2, 32) and np.allclose(vectors, expected, atol=1e-5)


@pytest.mark.integration
def test_another_encoder_makes_the_vectors_anew_and_the_index_follows(bert: Path, home: Path, encoder: Encoder) -> None:
    before = History(home / "history.db", home / "index", encoder)
    records = [some_record("p-1", "right lung nodule"), some_record("p-1", "no effusion")]
    before.add("p-1", records, key="p-1:a")
    assert before.check().sound
    after = History(home / "history.db", home / "index", Encoder(str(bert)))
    assert after.search("p-1", "lung nodule")[0].text == "right lung nodule"
    assert after.rebuild().sound and after.check().sound
    assert {len(vector) for vector in after.vectors.stored([record.id for record in records]).values()} == {32}
    assert after.revision("p-1") != before.revision("p-1")


def test_what_is_no_encoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as missing:
        _ = Encoder(str(tmp_path / "nowhere")).digest
    assert missing.value.code == "model_missing"
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(RefusedError) as pickled:
        _ = Encoder(str(tmp_path)).digest
    assert pickled.value.code == "pickled_weights"
