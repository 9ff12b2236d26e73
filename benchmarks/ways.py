"""The ways to take a case through a model: transformers as its users call it, and the engine."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import torch
from transformers.modeling_outputs import BaseModelOutputWithPooling

from benchmarks.cases import Case
from prelim.models.engine import Call, Engine, Pool, Row, Sizes, Worker

_PATIENCE_S = 86400.0
"""Nobody's deadline passes in a benchmark."""


class Transformers:
    """transformers' `generate` on whole prompts.

    `batch` prompts at a time, padded on the left, and with `reuse` each image once through the tower; as users call it
    it is one prompt at a time, images and all. Pixels are preprocessed already, attention is SDPA, logits are made of
    the last token only.
    """

    def __init__(self, model: Any, batch: int = 1, reuse: bool = False) -> None:
        self.model, self.batch, self.reuse = model, batch, reuse

    def __call__(self, case: Case) -> list[list[int]]:
        """All of a case's answers."""
        shown, answers = self._shown(case), list[list[int]]()
        for questions, tokens in case.asked:
            for made in self._generated(case, shown, questions, tokens):
                answers += made.tolist()
        return answers

    def scores(self, case: Case) -> torch.Tensor:
        """(probes, vocabulary) logits of the first new token, fp32 on the CPU."""
        more = {"output_logits": True, "return_dict_in_generate": True}
        made = self._generated(case, self._shown(case), case.probes, 1, **more)
        return torch.cat([one.logits[0].float().cpu() for one in made])

    @torch.inference_mode()
    def _shown(self, case: Case) -> torch.Tensor:
        """Pixels, or features where they are reused."""
        return self.model.get_image_features(case.pixels).pooler_output if self.reuse else case.pixels

    @torch.inference_mode()
    def _generated(
        self, case: Case, shown: torch.Tensor, questions: Sequence[Sequence[int]], tokens: int, **more: Any
    ) -> Iterator[Any]:
        """Batch by batch. Where one needs more memory than there is, batches are halved from then on."""
        more |= {"max_new_tokens": tokens, "do_sample": False}
        left = [case.spelt(question, self.model.config.mm_tokens_per_image) for question in questions]
        while left:
            try:
                made = self.model.generate(**self.inputs(left[: self.batch], shown), **more)
            except torch.OutOfMemoryError:
                if self.batch == 1:
                    raise
                self.batch //= 2
                continue
            left = left[self.batch :]
            yield made

    def inputs(self, prompts: Sequence[Sequence[int]], shown: torch.Tensor) -> dict[str, Any]:
        """What `generate` takes."""
        width = max(map(len, prompts))
        ids = torch.tensor([[0] * (width - len(one)) + list(one) for one in prompts], device=self.model.device)
        real = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in prompts], device=self.model.device)
        types = (ids == self.model.config.image_token_index).long()
        inputs = {"input_ids": ids, "attention_mask": real, "token_type_ids": types}
        whole = shown.repeat(len(prompts), *[1] * (shown.dim() - 1))
        if self.reuse:
            return {**inputs, "mm_encoder_outputs": {"image": BaseModelOutputWithPooling(pooler_output=whole)}}
        return {**inputs, "pixel_values": whole}


@contextmanager
def served(model: Any, sizes: Sizes | None = None) -> Iterator[Pool]:
    """The engine behind its worker, with nothing held."""
    pool = Pool([Worker(Engine(model, sizes))])
    try:
        yield pool
    finally:
        pool.close()
        for worker in pool.workers:
            worker.join()


def ask(pool: Pool, case: Case) -> list[list[int]]:
    """All of a case's answers: the probes in one pass (the likeliest token of each), then boxes, then the text."""
    answers: list[list[int]] = []
    for questions, tokens in case.asked:
        if questions is case.probes:
            answers += scored(pool, case).argmax(-1, keepdim=True).tolist()
        else:
            rows = [Row(prompt, tokens, frozenset()) for prompt in case.prompts(questions)]
            _asked(pool, case, rows=rows)
            answers += [row.tokens for row in rows]
    return answers


def scored(pool: Pool, case: Case) -> torch.Tensor:
    """(probes, vocabulary) logits of the first new token, fp32 on the CPU."""
    made = _asked(pool, case, prompts=case.prompts(case.probes))
    assert made is not None
    return made


def _asked(pool: Pool, case: Case, **what: Any) -> torch.Tensor | None:
    return pool.submit(Call(case.name, time.monotonic() + _PATIENCE_S, **what)).future.result()


def ours(model: Any, cases: Sequence[Case], sizes: Sizes | None = None) -> None:
    """Cases one after another through an engine that holds nothing at first."""
    with served(model, sizes) as pool:
        for case in cases:
            ask(pool, case)


def ours_at_once(model: Any, cases: Sequence[Case], sizes: Sizes | None = None) -> None:
    """Cases all at once, each with a caller of its own."""
    with served(model, sizes) as pool, ThreadPoolExecutor(len(cases)) as callers:
        list(callers.map(lambda case: ask(pool, case), cases))
