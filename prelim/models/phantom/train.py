"""Train the embedded model: `python -m prelim.models.phantom.train --out DIR --seed N --minutes M`.

One process draws and tokenises, the other trains. 1. The vision tower alone, with a throwaway head that finds
each sign on a grid. 2. Its features are centred: a large common mean drowns the differences between films
once the projector has normalised. 3. All tasks together, the head staying on as an auxiliary loss. The
language model begins to read images only after some hundred steps: a short run looks like a failure.
"""

import argparse
import json
import math
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from transformers import AutoProcessor, Gemma3ForConditionalGeneration

from prelim.models.phantom.batches import GRID, TASKS, Curriculum, Targets, lesson, produce
from prelim.models.phantom.build import Size, build_model, build_processor
from prelim.models.phantom.draw import LABELS

Batch = dict[str, Any]
WEIGHTS = {"film": 5.0, "localization": 3.0, "comparison": 3.0, "labs": 3.0, "sentence": 1.0}
SAVE_EVERY_S = 240


class Features:
    """Vision features handed to the model, one entry an image placeholder."""

    def __init__(self, pooler_output: torch.Tensor) -> None:
        self.pooler_output = pooler_output


class Trainer:
    """Model, throwaway head, optimiser, curriculum: what a checkpoint holds."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        resumed = Path(options.resume) if options.resume else None
        if resumed:
            self.processor = AutoProcessor.from_pretrained(resumed)
            self.model = Gemma3ForConditionalGeneration.from_pretrained(resumed)
        else:
            self.processor = build_processor(_corpus(options.seed))
            size = Size(options.hidden, options.layers, options.vision_hidden, options.vision_layers)
            self.model = build_model(self.processor.tokenizer, size, options.seed)
        self.model.train()
        self.image_token = self.processor.tokenizer.convert_tokens_to_ids("<image_soft_token>")
        torch.manual_seed(options.seed)
        # Per patch: objectness and a box for each label, and whether the film is readable.
        self.head = torch.nn.Linear(self.model.config.vision_config.hidden_size, 5 * len(LABELS) + 1)
        # Per image token: the same, without the last.
        self.pooled = torch.nn.Linear(self.model.config.text_config.hidden_size, 5 * len(LABELS))
        # And the box once more, digit by digit as it is written: tens and units of a hundredth, 0…10 each.
        self.digits = torch.nn.Linear(self.model.config.text_config.hidden_size, len(LABELS) * 4 * 2 * 11)
        heads = (self.head, self.pooled, self.digits)
        self.parameters = [p for module in (self.model, *heads) for p in module.parameters()]
        self.optimiser = _optimiser(self.parameters, options.lr)
        value = multiprocessing.Value
        self.now = Curriculum(value("b", not resumed), value("d", 0.0), value("b", 0))
        self.good, self.step = 0.5, 0
        self.settled_at = 0
        if resumed:
            self._restore(resumed)

    def _restore(self, folder: Path) -> None:
        """Go on from a checkpoint; from weights alone the heads are new and learn by themselves at first."""
        if not (folder / "training.json").exists():
            self.now.level.value, self.settled_at = 1.0, 150
            return
        state = json.loads((folder / "training.json").read_text())
        self.now.level.value, self.good = state["level"], state["good"]
        stored = load_file(folder / "training.safetensors")
        for name in ("head", "pooled", "digits"):
            own = {key.partition(".")[2]: value for key, value in stored.items() if key.startswith(f"{name}.")}
            if own:
                getattr(self, name).load_state_dict(own)
        for index, parameter in enumerate(self.parameters):
            if f"{index}.step" in stored:
                keys = ("step", "exp_avg", "exp_avg_sq")
                self.optimiser.state[parameter] = {key: stored[f"{index}.{key}"] for key in keys}

    def save(self, folder: Path) -> None:
        """The model and its processor; beside them what a resumed run needs."""
        self.model.save_pretrained(folder)
        self.processor.save_pretrained(folder)
        heads = torch.nn.ModuleDict({"head": self.head, "pooled": self.pooled, "digits": self.digits})
        tensors = {key: value.contiguous() for key, value in heads.state_dict().items()}
        for index, parameter in enumerate(self.parameters):
            for key, value in self.optimiser.state.get(parameter, {}).items():
                tensors[f"{index}.{key}"] = value.contiguous()
        save_file(tensors, folder / "training.safetensors")
        state = {"level": self.now.level.value, "good": self.good}
        (folder / "training.json").write_text(json.dumps(state))

    # -------------------------------------------------------------- stages

    def warm_up(self, next_batch: Callable[[], Batch], seconds: float) -> None:
        """The vision tower alone learns to find the signs."""
        tower = self.model.model.vision_tower
        own = [*tower.parameters(), *self.head.parameters()]
        optimiser = torch.optim.AdamW(own, lr=1e-3, betas=(0.9, 0.95), weight_decay=0.01)
        began, step = time.time(), 0
        while time.time() - began < seconds:
            for group in optimiser.param_groups:
                group["lr"] = 1e-3 * min(1, (step + 1) / 50)
            batch = next_batch()
            loss = self._dense_loss(tower(pixel_values=_pixels(batch["pixels"])).last_hidden_state, batch["targets"])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(own, 1.0)
            optimiser.step()
            step += 1
            if step % 50 == 0:
                print(f"warm {step} {time.time() - began:.0f}s loss {loss.item():.3f}", flush=True)
        self._centre(next_batch)
        self.now.warm.value = 0

    @torch.no_grad()
    def _centre(self, next_batch: Callable[[], Batch]) -> None:
        """Move the features' mean to zero, and the head with them."""
        tower = self.model.model.vision_tower
        seen = [tower(pixel_values=_pixels(next_batch()["pixels"])).last_hidden_state for _ in range(6)]
        mean = torch.cat(seen).mean((0, 1))
        self.head.bias.add_(self.head.weight @ mean)
        tower.post_layernorm.bias -= mean

    def learn(self, batch: Batch, rate: float) -> tuple[float, float]:
        """One step: returns the loss of the answers and the share of them that is right token for token."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        loss, auxiliary, exact = self._losses(batch)
        self.optimiser.zero_grad()
        # Of a box's 45 tokens eight are hard: without a weight the other tasks drown them.
        weight = 3.0 if batch["task"] == "localization" else 1.0
        (weight * loss + auxiliary).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        self.step += 1
        self._move_on(batch["task"], exact)
        return loss.item(), exact

    def _losses(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, float]:
        ids, labels, images = (torch.from_numpy(array) for array in batch["tokens"])
        more: dict[str, Any] = {}
        auxiliary = torch.zeros(())
        if "pixels" in batch:
            seen = self.model.model.get_image_features(_pixels(batch["pixels"]))
            patches, tokens = seen.last_hidden_state, seen.pooler_output
            if self.step < self.settled_at:
                patches, tokens = patches.detach(), tokens.detach()
            auxiliary = self._dense_loss(patches, batch["targets"]) + self._token_loss(tokens, batch["targets"])
            more["mm_encoder_outputs"] = {"image": Features(seen.pooler_output[images])}
        is_image, mask = (ids == self.image_token).long(), (ids != 0).long()
        hidden = self.model.model(
            input_ids=ids, attention_mask=mask, token_type_ids=is_image, use_cache=False, **more
        ).last_hidden_state[:, :-1]
        wanted = labels[:, 1:]
        here = wanted != -100
        logits = self.model.lm_head(hidden[here])
        wrong = torch.zeros_like(here)
        wrong[here] = logits.argmax(-1) != wanted[here]
        return F.cross_entropy(logits, wanted[here]), auxiliary, 1 - wrong.any(1).float().mean().item()

    def _dense_loss(self, features: torch.Tensor, wanted: Targets) -> torch.Tensor:
        """Objectness, box and readability of every patch."""
        there, box, has_box, readable = (torch.from_numpy(array) for array in wanted[:4])
        count, labels = len(features), len(LABELS)
        seen = self.head(features).view(count, GRID, GRID, -1)
        presence = seen[..., :labels].permute(0, 3, 1, 2)
        boxes = seen[..., labels:-1].reshape(count, GRID, GRID, labels, 4).permute(0, 3, 1, 2, 4)
        quality = readable[:, None, None].expand(-1, GRID, GRID)
        loss = 2 * F.binary_cross_entropy_with_logits(presence, there)
        loss = loss + 0.3 * F.binary_cross_entropy_with_logits(seen[..., -1], quality)
        # A mean for each label: a small opacity covers one patch where a heart covers six.
        for label in range(labels):
            here = has_box[:, label]
            if here.any():
                wrong = F.smooth_l1_loss(boxes[:, label][here], box[:, label][here], beta=0.02)
                loss = loss + 20 / labels * wrong
        return loss

    def _token_loss(self, tokens: torch.Tensor, wanted: Targets) -> torch.Tensor:
        """Objectness and box in the image tokens themselves: what the language model is given should hold them."""
        cell, whole, present = (torch.from_numpy(array) for array in wanted[4:])
        count, labels = len(tokens), len(LABELS)
        seen = self.pooled(tokens).view(count, -1, labels, 5).transpose(1, 2)
        there = F.one_hot(cell.clamp(min=0), seen.shape[2]).float() * present[..., None]
        loss = 2 * F.binary_cross_entropy_with_logits(seen[..., 0], there)
        films, kinds = torch.nonzero(cell >= 0, as_tuple=True)
        if not len(films):
            return loss
        boxes = seen[films, kinds, cell[films, kinds], 1:]
        loss = loss + 30 * F.smooth_l1_loss(boxes, whole[films, kinds], beta=0.02)
        hundredths = (whole[films, kinds] * 100).round().long().clamp(0, 100)
        wanted_digits = torch.stack([hundredths // 10, hundredths % 10], -1)
        written = self.digits(tokens[films, cell[films, kinds]]).view(len(films), labels, 4, 2, 11)
        written = written[torch.arange(len(films)), kinds]
        return loss + 2 * F.cross_entropy(written.flatten(0, 2), wanted_digits.flatten())

    def _move_on(self, task: str, exact: float) -> None:
        """The lessons grow harder while they are answered well, never by the clock."""
        if task == "film":
            self.good = 0.9 * self.good + 0.1 * exact
            self.now.level.value = min(1.0, self.now.level.value + (0.008 if self.good > 0.85 else 0.0))


def _pixels(films: np.ndarray) -> torch.Tensor:
    """(n, h, w) uint8 → (n, 3, h, w) in −1…1, as the processor does."""
    return torch.from_numpy(films).float().div(127.5).sub(1)[:, None].expand(-1, 3, -1, -1)


def _optimiser(parameters: list[torch.nn.Parameter], rate: float) -> torch.optim.AdamW:
    decayed = [p for p in parameters if p.dim() > 1]
    others = [p for p in parameters if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95))


def _corpus(seed: int) -> list[str]:
    """What the tokenizer learns from: questions and answers of every task."""
    rng, words = np.random.default_rng(seed), ["yes", "no", "new", "worse", "stable", "better", "resolved"]
    asked = [question for task in TASKS for _ in range(25) for question in lesson(task, rng)[1]]
    return [*words * 300, *(text for q in asked for text in (q.preamble, q.text, q.answer))]


def train(options: argparse.Namespace) -> None:
    """The whole run."""
    torch.set_num_threads(options.threads)
    trainer = Trainer(options)
    millions = sum(p.numel() for p in trainer.model.parameters()) / 1e6
    print(f"parameters {millions:.2f}M, vocabulary {len(trainer.processor.tokenizer)}", flush=True)
    queue: Any = multiprocessing.Queue(8)
    given = options.mix.split(",") if options.mix else []
    mix = WEIGHTS | {name: float(weight) for name, weight in (item.split(":") for item in given)}
    arguments = (queue, trainer.processor, mix, options.seed + 1 + 1000 * bool(options.resume), trainer.now)
    worker = multiprocessing.Process(target=produce, args=arguments, daemon=True)
    worker.start()
    if trainer.now.warm.value:
        trainer.warm_up(queue.get, options.warm * 60)
    _all_tasks(trainer, queue.get, options)
    trainer.save(Path(options.out))
    trainer.now.stop.value = 1
    worker.kill()


def _all_tasks(trainer: Trainer, next_batch: Callable[[], Batch], options: argparse.Namespace) -> None:
    began, saved, log = time.time(), time.time(), defaultdict(list)
    while (spent := (time.time() - began) / (options.minutes * 60)) < 1:
        batch = next_batch()
        if batch["task"] == "warm":
            continue
        rate = options.lr * min(1, (trainer.step + 1) / 100) * (0.475 * (1 + math.cos(math.pi * spent)) + 0.05)
        log[batch["task"]].append(trainer.learn(batch, rate))
        if trainer.step % 50 == 0:
            recent = {task: np.mean(rows[-15:], 0) for task, rows in sorted(log.items())}
            told = " | ".join(f"{task} {loss:.3f} exact {exact:.3f}" for task, (loss, exact) in recent.items())
            level = trainer.now.level.value
            print(f"{trainer.step} {time.time() - began:.0f}s level {level:.2f} | {told}", flush=True)
        if time.time() - saved > SAVE_EVERY_S:
            trainer.save(Path(options.out))
            saved = time.time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument("--resume", help="go on from this folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--warm", type=float, default=4, help="minutes")
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--mix", default="", help="task:weight,… (film, localization, comparison, labs, sentence)")
    for name, default in zip(("hidden", "layers", "vision-hidden", "vision-layers"), Size(), strict=True):
        parser.add_argument(f"--{name}", type=int, default=default)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
