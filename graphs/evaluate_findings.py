"""Findings on images whose truth is known: how right the probes are, and the calibration that follows.

Triage's own probes are asked; a temperature and thresholds for each label are fitted on one half of the patients and
measured on the other.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from graphs.asked_examples import ask_each
from graphs.evaluation import PHANTOM, Options, in_order
from graphs.probed_examples import Tally, examples_of, probed
from prelim.evaluated import Evaluated, Metric
from prelim.knowledge import table
from prelim.models.calibration import Entry, read_calibration, write_calibration
from prelim.models.fitting import TARGET, Fit, Labelled, fit
from prelim.models.metrics import Measured, macro_f1, measured
from prelim.models.presence_figures import Answered, figures, operating_point, reliability, risk_coverage
from prelim.models.questions import presence
from prelim.types import Value
from tools.probing import wording_of
from tools.tool import Context
from tools.triage import margin_of

_FIVE = {"atelectasis", "cardiomegaly", "consolidation", "pulmonary_oedema", "pleural_effusion"}
"""The labels that CheXpert's competition compared, and published figures of MIMIC-CXR's "top 5" are of."""


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


class EvaluatedFindings(Evaluated):
    """What an evaluation of findings found besides. The figures are of the held-out half.

    `images` were given, `read` were read; `unreadable` are those whose quality the model doubts: nothing is read from
    them. `groups` are the patients of the fitted and of the held-out half. `calibration` is the digest of all that is
    known of the model afterwards.
    """

    target: float
    images: int
    read: int
    unreadable: int
    groups: tuple[int, int]
    labels: tuple[LabelResult, ...]
    macro_f1_before: float | None
    macro_f1_after: float | None
    calibration: str | None


def findings(context: Context, data: str, options: Options) -> EvaluatedFindings:
    """Probe every image of a CSV, or drawn ones, then fit and measure. InputError not_found, bad_truth, no_example."""
    known = read_calibration(context.settings.home)  # first: a damaged one is no end for an hour's work
    given = examples_of(data, options)
    tally = Tally(context, options.seed, given)
    for number, (example, said) in enumerate(ask_each(context, given.examples, probed), start=1):
        context.progress(f"{number}/{given.total} images")
        tally.take(example, said)
    measures = [_measured(context, key, *halves) for key, halves in sorted(tally.halves.items())]
    labels = [one for one, _ in measures]
    entries = tuple(entry for _, entry in measures if entry)
    not_written = _not_written(context, data, options, entries)
    if not not_written:
        known = known.with_entries(entries)
        write_calibration(context.settings.home, known)
    return EvaluatedFindings(
        task="findings",
        model=context.identity,
        data=given.source,
        seed=options.seed,
        **_figures(context, tally, {(one.table, one.label): entry for one, entry in measures}, options.seed),
        counts=tally.counts(given.total),
        target=TARGET,
        images=given.total,
        read=tally.read,
        unreadable=tally.unreadable,
        groups=(len(tally.groups[False]), len(tally.groups[True])),
        labels=tuple(labels),
        macro_f1_before=macro_f1([label.before for label in labels]),
        macro_f1_after=macro_f1([label.after for label in labels]),
        declined=dict(sorted(tally.declined.items())),
        problems=in_order(tally.problems),
        calibration=known.of_model(context.identity.digest).digest,
        not_written=not_written,
    )


def _figures(
    context: Context, tally: Tally, entries: Mapping[tuple[str, str], Entry | None], seed: int
) -> dict[str, Any]:
    """What was fitted, on the half that it was not fitted on; the model's own figures on all images: nothing was
    fitted for them."""
    before, after = list[Answered](), list[Answered]()
    several = len({asked for asked, _ in tally.halves}) > 1
    for (asked, label), (fitted_on, held_out) in sorted(tally.halves.items()):
        name, margin = f"{asked}.{label}" if several else label, margin_of(context, table(asked))
        for one in (*fitted_on, *held_out):
            before.append(Answered(name, one.group, presence(one.answers, margin=margin), one.present))
        for one in held_out:
            given = presence(one.answers, margin=margin, entry=entries[(asked, label)])
            after.append(Answered(name, one.group, given, one.present))
    curves = (
        reliability(before, "as the model says"),
        reliability(after, "calibrated"),
        risk_coverage(before, "as the model says"),
        operating_point(before, "the product, uncalibrated"),
        risk_coverage(after, "calibrated"),
        operating_point(after, "the product, calibrated"),
    )
    return {
        "metrics": (*with_five(after, seed), *with_five(before, seed, "_uncalibrated")),
        "curves": tuple(curve for curve in curves if curve.points),
    }


def with_five(answered: Sequence[Answered], seed: int, suffix: str = "") -> list[Metric]:
    """The figures, and where all of CheXpert's five were asked about the macro F1 of these."""
    found = figures(answered, seed, suffix)
    if {one.label for one in answered} > _FIVE:
        macro = figures([one for one in answered if one.label in _FIVE], seed)
        forced = next(one for one in macro if one.name == "macro_f1_forced")
        found.insert(2, forced.model_copy(update={"name": f"macro_f1_forced_five{suffix}"}))
    return found


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
