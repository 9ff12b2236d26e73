"""One prefill, many questions. The stages, in order:

plan    which prompts share a beginning, in packs (plan.py)
hold    that beginning's keys and values: the longest one held, grown by what is missing, kept for next time
ask     all questions behind it in one pass, side by side in one row, each blind to the others: no padding, no copies
        of the prefix; the logits at each question's end are its score, or the first token of its answer
write   answers go on together, one pass a step for all (decode.py)

The traps: suffixes padded on the left go wrong under sliding masks (layout.py); half an image cannot be kept
(prompt.py); nothing is bit-equal to a full prefill, only close. But a call's questions are always asked with one
another and with nobody else's, and prefixes are cut at places that their own units decide: so on one processor a
score is the same bits whoever else is asking and whatever was held.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from prelim.models.engine.body import Body, out_of_memory
from prelim.models.engine.cache import (
    Branching,
    Growing,
    Pair,
    Prefix,
    Shelf,
    longest,
)
from prelim.models.engine.decode import Decoder, Row, choose
from prelim.models.engine.lanes import Strip
from prelim.models.engine.layout import Layout
from prelim.models.engine.plan import Pack, plan
from prelim.models.engine.prompt import Picture, Prompt, Units, cuts, spell, token_count
from prelim.models.engine.replay import capture_of

_FEATURES_SHARE = 8
"""Features may take one part in this many of the bytes that prefixes may."""


class OutOfMemoryError(RuntimeError):
    """There was not enough memory, not even for half of a batch with nothing else held."""


@dataclass(frozen=True)
class Sizes:
    """How large the engine's passes are, in tokens, and how much it keeps, in bytes.

    On a GPU a pass of 2,048 tokens is meant to use the whole machine (not measured). On a CPU each token's attention
    pays for its neighbours in the pass, so passes are small (measured: benchmarks/runtime.py).
    """

    chunk_tokens: int = 256
    pack_tokens: int = 384
    cache_bytes: int = 1 << 30

    @classmethod
    def of(cls, device: torch.device, cache_bytes: int | None = None) -> "Sizes":
        """What suits a device: on CUDA, half of the memory that is free now is for what is kept."""
        if device.type == "cuda":
            return cls(2048, 2048, torch.cuda.mem_get_info(device)[0] // 2 if cache_bytes is None else cache_bytes)
        return cls() if cache_bytes is None else cls(cache_bytes=cache_bytes)


class Asked(NamedTuple):
    """(questions, vocabulary) logits at their ends, and where in `fresh` each one's keys and values lie."""

    logits: torch.Tensor
    prefix: Prefix
    fresh: list[Pair]
    spans: list[slice]


class Engine:
    """A `Gemma3ForConditionalGeneration` that shares what its prompts share. One caller at a time (worker.py)."""

    def __init__(self, model: Any, sizes: Sizes | None = None) -> None:
        self.body = Body(model)
        self.sizes = sizes or Sizes.of(self.body.device)
        self.prefixes = Shelf[Units, Prefix](self.sizes.cache_bytes)
        self.features = Shelf[str, torch.Tensor](self.sizes.cache_bytes // _FEATURES_SHARE)
        self.decoder = Decoder(self.body, capture_of(self.body.device))
        self.case = ""
        """Whose questions are asked now; what is kept is kept for that case."""

    # -------------------------------------------------------------- what callers ask for

    @torch.inference_mode()
    def score(self, prompts: Sequence[Prompt]) -> torch.Tensor:
        """(prompts, vocabulary) logits at each prompt's first answer position, fp32 on the CPU."""
        made: dict[int, torch.Tensor] = {}
        for pack, asked in self._asked(prompts):
            made |= zip(pack.members, asked.logits.cpu(), strict=True)
        return torch.stack([made[n] for n in range(len(prompts))])

    @torch.inference_mode()
    def begin(self, rows: Sequence[Row]) -> None:
        """The first token of each row's answer; rows that go on join those being written."""
        for pack, asked in self._asked([row.so_far for row in rows]):
            members = [rows[n] for n in pack.members]
            for row, span in zip(members, asked.spans, strict=True):
                row.position = asked.prefix.tokens + span.stop - span.start
            choose(asked.logits, members)
            going = [n for n, row in enumerate(members) if not row.done]
            if going:
                strips = {kind: [self._strip(asked, n, kind) for n in going] for kind in self.body.windows}
                self.decoder.join([members[n] for n in going], strips)

    @torch.inference_mode()
    def step(self) -> list[Row]:
        """One more pass for all rows being written; those that are done now, which leave."""
        self.decoder.step()
        done = [row for row in self.decoder.rows if row.done]
        if done:
            self.decoder.leave(done)
        return done

    @torch.inference_mode()
    def part(self, rows: Sequence[Row]) -> None:
        """Rows that nobody waits for any more."""
        self.decoder.leave(rows)

    def leave(self, case: str) -> None:
        """Forget what is kept for a case that asks no more: else every case makes the search among it longer."""
        self.prefixes.leave(case)
        self.features.leave(case)

    def free(self) -> None:
        """Forget all that is kept."""
        self.prefixes.clear()
        self.features.clear()
        if self.body.device.type == "cuda":
            torch.cuda.empty_cache()

    # -------------------------------------------------------------- hold

    def hold(self, wanted: Units, pictures: Mapping[str, Picture]) -> Prefix:
        """A prefix's keys and values: the longest one held, grown by what is missing, and kept."""
        ends = self._cuts(wanted)
        best, alike = longest(self.prefixes.held(), wanted)
        shared = max((end for end in set(ends) & set(self._cuts(best)) if end <= alike), default=0)
        held = self.prefixes.get(best) if shared else None
        if held and shared == len(wanted):
            return held.cut(self._tokens(wanted))
        prefix = self._grown(held, wanted, [shared, *(end for end in ends if end > shared)], pictures)
        if shared == len(best):  # what was held is the beginning of the new one, which serves for it
            self.prefixes.drop(best)
        if wanted:
            self.prefixes.put(wanted, prefix, self.case)
        return prefix

    def _cuts(self, units: Units) -> list[int]:
        return cuts(units, self.body.tokens_per_image, self.sizes.chunk_tokens)

    def _tokens(self, units: Units) -> int:
        return token_count(units, self.body.tokens_per_image)

    def _grown(
        self, held: Prefix | None, wanted: Units, ends: Sequence[int], pictures: Mapping[str, Picture]
    ) -> Prefix:
        """Room for the whole prefix; what is held up to the first of `ends` copied, the rest computed up to each."""
        prefix = Prefix(
            [self.body.room(1, self._tokens(wanted)) for _ in self.body.kinds], self._tokens(wanted[: ends[0]])
        )
        for room, kept in zip(prefix.layers, held.layers if held else (), strict=False):
            for whole, part in zip(room, kept, strict=True):
                whole[:, :, : prefix.tokens] = part[:, :, : prefix.tokens]
        features = self._seen(wanted[ends[0] :], pictures)
        for start, end in itertools.pairwise(ends):
            prefix = self._extended(prefix, wanted[start:end], features)
        return prefix

    def _seen(self, units: Units, pictures: Mapping[str, Picture]) -> dict[str, torch.Tensor]:
        """The features of the images among the units; each image goes through the tower once."""
        wanted = dict.fromkeys(unit for unit in units if isinstance(unit, str))
        found = {digest: self.features.get(digest) for digest in wanted}
        missing = [digest for digest, features in found.items() if features is None]
        for digest, features in zip(missing, self.body.see([pictures[digest] for digest in missing]), strict=True):
            self.features.put(digest, features, self.case)
            found[digest] = features
        return found  # type: ignore[return-value]

    def _extended(self, prefix: Prefix, chunk: Units, features: dict[str, torch.Tensor]) -> Prefix:
        """One chunk's pass. A sliding layer pays for its window, not for all that came before."""
        body, begun = self.body, prefix.tokens
        spelt = spell(chunk, body.tokens_per_image)
        end, device = begun + len(spelt.ids), body.device
        own = Layout.shared(begun, end, device)._replace(image=torch.tensor([spelt.image], device=device))

        def seen(kind: str) -> torch.Tensor:
            return Layout.shared(body.start(kind, begun), begun, device).then(own).seen_by(own, body.windows[kind])

        body.run(body.embed(spelt, features), own, seen, Growing(prefix, body.starts(begun), len(spelt.ids)))
        return prefix.cut(end)

    # -------------------------------------------------------------- ask

    def _asked(self, prompts: Sequence[Prompt]) -> Iterator[tuple[Pack, Asked]]:
        """Each pack's answers. Out of memory: what is held is let go and the pack is halved, once.

        Packs behind one prefix follow one another, so it is computed once, even where it is too large to be kept.
        """
        before = Pack((), [])
        prefix: Prefix | None = None
        for pack in plan(prompts, self.sizes.pack_tokens):
            before, prefix = pack, prefix if pack.prefix == before.prefix else None
            asked: Asked | None
            try:
                prefix = prefix or self._held(pack, prompts)
                asked = self._ask(pack, prefix, prompts)
            except Exception as error:
                if not out_of_memory(error):
                    raise
                asked = prefix = None  # retried outside: what the traceback holds must be free by then
            if asked is not None:
                yield pack, asked
                continue
            self.free()
            yield from self._halved(pack, prompts)

    def _halved(self, pack: Pack, prompts: Sequence[Prompt]) -> Iterator[tuple[Pack, Asked]]:
        prefix: Prefix | None = None
        middle = (len(pack.members) + 1) // 2
        for members in filter(None, (pack.members[:middle], pack.members[middle:])):
            half = Pack(pack.prefix, members)
            try:
                prefix = prefix or self._held(half, prompts)
                asked = self._ask(half, prefix, prompts)
            except Exception as error:
                if out_of_memory(error):
                    raise OutOfMemoryError(f"{len(members)} questions do not fit in memory") from error
                raise
            yield half, asked

    def _held(self, pack: Pack, prompts: Sequence[Prompt]) -> Prefix:
        """The pack's prefix; whichever of its prompts shows the images that stand in it."""
        return self.hold(pack.prefix, prompts[pack.members[0]].pictures)

    def _ask(self, pack: Pack, prefix: Prefix, prompts: Sequence[Prompt]) -> Asked:
        """All of a pack's questions in one pass behind their prefix, side by side, each blind to the others."""
        body, device = self.body, self.body.device
        questions = [prompts[n].units[len(pack.prefix) :] for n in pack.members]
        at, spans = _side_by_side([len(question) for question in questions], prefix.tokens, device)
        spelt = spell(tuple(unit for question in questions for unit in question), body.tokens_per_image)
        past = Branching(prefix, body.starts(prefix.tokens))

        def seen(kind: str) -> torch.Tensor:
            start = body.start(kind, prefix.tokens)
            return Layout.shared(start, prefix.tokens, device).then(at).seen_by(at, body.windows[kind])

        hidden = body.run(body.embed(spelt, {}), at, seen, past)
        logits = body.logits(hidden[0, [span.stop - 1 for span in spans]])
        return Asked(logits, prefix, past.fresh, spans)

    def _strip(self, asked: Asked, question: int, kind: str) -> Strip:
        """What a question keeps of its prompt for one kind of layer while its answer is written."""
        span, end = asked.spans[question], asked.prefix.tokens
        start = self.body.start(kind, end + span.stop - span.start)
        pairs = []
        for layer, own in enumerate(self.body.kinds):
            if own == kind:
                both = zip(asked.prefix.layers[layer], asked.fresh[layer], strict=True)
                keys, values = (torch.cat((old[:, :, start:end], new[:, :, span]), 2) for old, new in both)
                pairs.append((keys, values))
        behind = torch.arange(end, end + span.stop - span.start, device=self.body.device)
        shared = torch.arange(min(start, end), end, device=self.body.device)
        return Strip(torch.cat((shared, behind)), pairs)


def _side_by_side(lengths: Sequence[int], begun: int, device: torch.device) -> tuple[Layout, list[slice]]:
    """One row in which questions of these lengths follow one another, each counted on from the prefix's end."""
    spans, start = [], 0
    for length in lengths:
        spans.append(slice(start, start + length))
        start += length
    position = torch.cat([torch.arange(begun, begun + length) for length in lengths])[None].to(device)
    owner = torch.repeat_interleave(torch.arange(1, len(lengths) + 1), torch.tensor(lengths))[None].to(device)
    return Layout(position, owner, torch.full_like(position, -1)), spans
