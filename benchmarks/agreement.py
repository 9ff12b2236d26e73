"""Whether the ways answer alike. Without that no figure says anything."""

import copy
from typing import Any

import torch

from benchmarks.cases import Case
from benchmarks.ways import Transformers, ask, scored, served

FP32 = 1e-4
"""How far logits may lie apart in fp32, in deviations of the logits."""
FURTHER = 2.0
"""In a coarser type the measure is fp32 with the same weights: how many times as far from it as transformers is."""


class DisagreeError(RuntimeError):
    """Two ways answer differently: no figures."""


def apart(logits: torch.Tensor, reference: torch.Tensor) -> float:
    """The largest difference of (questions, vocabulary) logits, in deviations of the reference's."""
    return float(((logits - reference).abs().amax(-1) / reference.std(-1)).max())


def check(model: Any, case: Case) -> float:
    """DisagreeError unless all ways answer this case alike; how far logits may lie apart, in their deviations."""
    plain, batched = Transformers(model), Transformers(model, 8, reuse=True)
    with served(model) as pool:
        scores, answers = scored(pool, case), ask(pool, case)[len(case.probes) :]
    reference, allowed = plain, FP32
    if model.dtype != torch.float32:
        reference = Transformers(copy.deepcopy(model).float())
        allowed = FURTHER * apart(plain.scores(case), reference.scores(case))
    wanted = reference.scores(case)
    found = {
        "the engine's scores": apart(scores, wanted),
        "batched transformers' scores": apart(batched.scores(case), wanted),
        # Logits that are off by so much can put a token first that is behind by twice that.
        "the engine's texts": regret(reference.model, case, answers) / 2,
    }
    for name, far in found.items():
        if not far <= allowed:
            raise DisagreeError(f"{name} lie {far:.1e} deviations from transformers': {allowed:.1e} is allowed")
    return allowed


@torch.inference_mode()
def regret(model: Any, case: Case, answers: list[list[int]]) -> float:
    """How far behind the likeliest token a written one is, at worst, in deviations; by transformers, token by token."""
    worst = 0.0
    for question, answer in zip([*case.boxes, *case.texts], answers, strict=True):
        inputs = Transformers(model).inputs(
            [[*case.spelt(question, model.config.mm_tokens_per_image), *answer]], case.pixels.to(model.dtype)
        )
        logits = model(**inputs, logits_to_keep=len(answer) + 1).logits[0, :-1].float()
        chosen = logits.gather(-1, torch.tensor(answer, device=logits.device)[:, None])[:, 0]
        worst = max(worst, float(((logits.amax(-1) - chosen) / logits.std(-1)).max()))
    return worst
