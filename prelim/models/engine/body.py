"""The model's parts as the engine calls them: vision tower, embedding, layers, head."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from prelim.models.engine.layout import Layout
from prelim.models.engine.prompt import Picture, Spelt

IMAGES_AT_ONCE = 8
"""The tower takes images in chunks: 85 at once in eager attention would need 45 GB of scores."""


class Body:
    """A `Gemma3ForConditionalGeneration`, called in parts. All under inference mode, one caller at a time."""

    def __init__(self, model: Any) -> None:
        self.model = model.eval()
        text = model.config.text_config
        self.kinds: list[str] = list(text.layer_types)
        self.windows: dict[str, int | None] = {"full_attention": None, "sliding_attention": text.sliding_window}
        self.heads, self.head_size = text.num_key_value_heads, text.head_dim
        self.vocabulary: int = text.vocab_size
        self.tokens_per_image: int = model.config.mm_tokens_per_image
        self.device: torch.device = model.device
        self.dtype: torch.dtype = model.dtype

    def starts(self, position: int) -> list[int]:
        """For each layer, the first earlier position that a token at `position`, or after it, may look at."""
        return [self.start(kind, position) for kind in self.kinds]

    def start(self, kind: str, position: int) -> int:
        """The same for one kind of layer."""
        window = self.windows[kind]
        return 0 if window is None else max(0, position - window + 1)

    def room(self, rows: int, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of one layer, not yet filled."""
        shape = (rows, self.heads, tokens, self.head_size)
        return tuple(torch.empty(shape, dtype=self.dtype, device=self.device) for _ in range(2))  # type: ignore[return-value]

    def see(self, pictures: Sequence[Picture]) -> list[torch.Tensor]:
        """(tokens of an image, hidden) features of each picture."""
        features: list[torch.Tensor] = []
        for start in range(0, len(pictures), IMAGES_AT_ONCE):
            some = torch.stack([picture.pixels() for picture in pictures[start : start + IMAGES_AT_ONCE]])
            made = self.model.model.get_image_features(some.to(self.device, self.dtype))
            features += [one.clone() for one in made.pooler_output]
        return features

    def words(self, ids: torch.Tensor) -> torch.Tensor:
        """(rows, tokens, hidden): the embeddings of text."""
        return self.model.model.language_model.embed_tokens(ids)  # type: ignore[no-any-return]

    def embed(self, spelt: Spelt, features: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """(1, tokens, hidden): the text's embeddings, with the images' features in their places."""
        embedded = self.words(torch.tensor([spelt.ids], device=self.device))
        if spelt.digests:
            image = torch.tensor([spelt.image], device=self.device)
            shown = torch.cat([features[digest] for digest in spelt.digests])
            # Not through `masked_scatter` of the model's own forward: that counts placeholders of whole prompts.
            embedded[image >= 0] = shown.to(embedded.dtype)
        return embedded

    def run(self, embedded: torch.Tensor, at: Layout, seen: Callable[[str], torch.Tensor], past: Any) -> torch.Tensor:
        """(rows, tokens, hidden) of the new tokens. `seen(kind)` is a kind of layer's mask."""
        masks = {kind: seen(kind) for kind in set(self.kinds)}
        return self.model.model.language_model(  # type: ignore[no-any-return]
            inputs_embeds=embedded,
            position_ids=at.position.clamp(min=0),
            attention_mask=masks,
            past_key_values=past,
            use_cache=True,
        ).last_hidden_state

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """(…, vocabulary) in fp32."""
        return self.model.lm_head(hidden).float()  # type: ignore[no-any-return]


def out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out: on a GPU by its type, on a CPU by torch's words."""
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "not enough memory" in str(error)
    )
