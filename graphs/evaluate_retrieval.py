"""Questions to histories whose right records are known: how far in front they come, and that nobody else's do."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from graphs.evaluation import PHANTOM, Options, file_of, source_of
from memory.history import History
from prelim.errors import InputError
from prelim.evaluated import Evaluated, Metric
from prelim.models.bootstrap import metric, ratio
from tools.drawn_history import drawn_histories
from tools.retrieval_truth import Histories, Query, rank_of, read_queries, recall_at
from tools.tool import Context

PLACES = (1, 3, 5, 10)


class Ranked(NamedTuple):
    """A question, and the ids that were found for it, the best first."""

    query: Query
    ids: Sequence[str]


def retrieval(context: Context, data: str, options: Options) -> Evaluated:
    """Ask every question of a JSONL, or made-up ones, in a store of its own. InputError not_found, no_example."""
    given, source = _given(data, options)
    ranked = _search(context, given)
    return Evaluated(
        task="retrieval",
        model=context.identity,
        data=source,
        seed=options.seed,
        metrics=tuple(figures(ranked, options.seed)),
        counts={
            "patients": len(given.records),
            "records": sum(map(len, given.records.values())),
            "questions": len(ranked),
            "records of another patient": foreign(ranked, given),
        },
        problems=tuple(given.problems),
    )


def _given(data: str, options: Options) -> tuple[Histories, str]:
    if data == PHANTOM:
        made = drawn_histories(options.drawn, options.seed)
        return made, f"{options.drawn} made-up questions, seed {options.seed}"
    path = file_of(data)
    found = read_queries(path)
    if not found.queries:
        first = f" The first problem: {found.problems[0].message}" if found.problems else ""
        raise InputError("no_example", f"{path.name} holds no question that can be used.{first}", "Mend it.", path.name)
    return found, source_of(path)


def _search(context: Context, given: Histories) -> list[Ranked]:
    """All histories in one store beside the site's own, as the site's store would hold them."""
    with TemporaryDirectory(prefix="prelim-") as scratch:
        folder = Path(scratch)
        history = History(folder / "history.db", folder / "index", context.history.encoder)
        with history.index.hold():  # what is asked inside a patient needs no index
            for number, (patient, records) in enumerate(given.records.items(), start=1):
                context.progress(f"{number}/{len(given.records)} histories")
                history.add(context.key_of(patient), records, context.key_of(patient))
        return [_ranked(context, history, query) for query in given.queries]


def _ranked(context: Context, history: History, query: Query) -> Ranked:
    key = context.key_of(query.patient)
    found = history.search(key, query.query, limit=max(PLACES), today=query.today)
    return Ranked(query, [record.id for record in found])


def foreign(ranked: Sequence[Ranked], given: Histories) -> int:
    """How many records were found that are not the asked patient's."""
    own = {patient: {record.id for record in records} for patient, records in given.records.items()}
    return sum(id not in own[one.query.patient] for one in ranked for id in one.ids)


def figures(ranked: Sequence[Ranked], seed: int) -> list[Metric]:
    """Recall at some places (the share of the relevant records that is among them), and the mean reciprocal rank."""
    patients = [one.query.patient for one in ranked]
    found = []
    for places in PLACES:
        rows = [(recall_at(one.ids, one.query.relevant, places), 1) for one in ranked]
        found.append(metric(f"recall_at_{places}", patients, rows, ratio, seed=seed))
    ranks = [rank_of(one.ids, one.query.relevant) for one in ranked]
    inverse = [(1 / rank if rank else 0, 1) for rank in ranks]
    return [*found, metric("mean_reciprocal_rank", patients, inverse, ratio, seed=seed)]
