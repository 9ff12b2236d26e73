"""Findings on images whose truth is known: how right the probes are, and the calibration that follows.

Triage's own probes are asked; a temperature and thresholds for each label are fitted on one half of the patients and
measured on the other.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from graphs.probed_examples import PHANTOM, Tally, examples_of, probe_all
from prelim.knowledge import table
from prelim.models.calibration import Entry, read_calibration, write_calibration
from prelim.models.fitting import TARGET, Fit, Labelled, fit
from prelim.models.metrics import Measured, macro_f1, measured
from prelim.models.questions import presence
from prelim.types import ModelIdentity, Value
from tools.probing import wording_of
from tools.tool import Context
from tools.triage import margin_of
from tools.truth import Problem


class Options(NamedTuple):
    """How to evaluate: `drawn` films (where they are the data), the seed of drawing and splitting, whether to write."""

    drawn: int = 300
    seed: int = 1
    write: bool = True


class LabelResult(Value):
    """One label on the half that nothing was fitted on: by the model's own figures, and by this calibration.

    Without an entry (`temperature` None) both are the same. `why` says what the numbers did not allow.
    """

    table: str
    label: str
    fitted_on: int
    fitted_positives: int
    temperature: float | None
    present_above: float | None
    absent_below: float | None
    why: tuple[str, ...]
    before: Measured
    after: Measured


class Evaluation(Value):
    """What an evaluation found. `declined` counts labels by the reason for which they were not asked.

    `images` were given, `read` were read; `unreadable` are those whose quality the model doubts: nothing is read from
    them. `groups` are the patients of the fitted and of the held-out half. `calibration` is the digest of all that is
    known of the model afterwards; `not_written` says why the data folder does not hold what was fitted.
    """

    task: str
    model: ModelIdentity
    data: str
    seed: int
    target: float
    images: int
    read: int
    unreadable: int
    groups: tuple[int, int]
    labels: tuple[LabelResult, ...]
    macro_f1_before: float | None
    macro_f1_after: float | None
    declined: dict[str, int]
    problems: tuple[Problem, ...]
    calibration: str | None
    not_written: str = ""


def findings(context: Context, data: str, options: Options) -> Evaluation:
    """Probe every image of a CSV, or drawn ones, then fit and measure. InputError not_found, bad_truth, no_example."""
    known = read_calibration(context.settings.home)  # first: a damaged one is no end for an hour's work
    given = examples_of(data, options.drawn, options.seed)
    tally = Tally(context, options.seed, given.problems)
    for number, said in enumerate(probe_all(context, given.examples), start=1):
        context.progress(f"{number}/{given.total} images")
        tally.take(said)
    measures = [_measured(context, key, *halves) for key, halves in sorted(tally.halves.items())]
    labels = [one for one, _ in measures]
    entries = tuple(entry for _, entry in measures if entry)
    not_written = _not_written(context, data, options, entries)
    if not not_written:
        known = known.with_entries(entries)
        write_calibration(context.settings.home, known)
    return Evaluation(
        task="findings",
        model=context.identity,
        data=given.source,
        seed=options.seed,
        target=TARGET,
        images=given.total,
        read=tally.read,
        unreadable=tally.unreadable,
        groups=(len(tally.groups[False]), len(tally.groups[True])),
        labels=tuple(labels),
        macro_f1_before=macro_f1([label.before for label in labels]),
        macro_f1_after=macro_f1([label.after for label in labels]),
        declined=dict(sorted(tally.declined.items())),
        problems=tuple(sorted(tally.problems, key=lambda problem: (problem.line or 0, problem.image))),
        calibration=known.of_model(context.identity.digest).digest,
        not_written=not_written,
    )


def _not_written(context: Context, data: str, options: Options, entries: Sequence[Entry]) -> str:
    """Why the calibration stays as it is; empty where it is written."""
    if not entries:
        return "No label had enough images on both sides of the question."
    if not options.write:
        return "Asked not to."
    if context.settings.out_of_scope:
        return "The model was asked outside its card."
    if data == PHANTOM and context.model.card.image_provenance != "drawn_phantom":
        return "Drawn films say nothing of how a model reads real ones."
    return ""


def _measured(
    context: Context, key: tuple[str, str], fitted_on: Sequence[Labelled], held_out: Sequence[Labelled]
) -> tuple[LabelResult, Entry | None]:
    """Fit one label and measure it, without and with what was fitted."""
    margin = margin_of(context, table(key[0]))
    found = fit(fitted_on, margin)
    before, positives = _measure(held_out, margin, None), sum(one.present for one in fitted_on)
    entry = _entry(context, key, found, (len(fitted_on), positives), before)
    after = _measure(held_out, margin, entry)
    result = LabelResult(
        table=key[0],
        label=key[1],
        fitted_on=len(fitted_on),
        fitted_positives=positives,
        temperature=found.temperature,
        present_above=found.present_above,
        absent_below=found.absent_below,
        why=found.why,
        before=before,
        after=after,
    )
    return result, entry.model_copy(update={"held_out": after}) if entry else None


def _measure(samples: Sequence[Labelled], margin: float, entry: Entry | None) -> Measured:
    answers = [presence(one.answers, margin=margin, entry=entry) for one in samples]
    return measured(answers, [one.present for one in samples])


def _entry(
    context: Context, key: tuple[str, str], found: Fit, fitted: tuple[int, int], held_out: Measured
) -> Entry | None:
    if found.temperature is None:
        return None
    return Entry(
        model=context.identity.digest,
        table=key[0],
        label=key[1],
        wording=wording_of(*key),
        temperature=found.temperature,
        present_above=found.present_above,
        absent_below=found.absent_below,
        fitted_on=fitted[0],
        positives=fitted[1],
        fitted=datetime.now(UTC).date().isoformat(),
        held_out=held_out,
    )
