"""The parts of a draft that need no model: indication, technique, and what was not assessed."""

from collections.abc import Iterable, Mapping, Sequence

from agents.seen import TOOLS, said_by, seen_by
from prelim.draft import Statement
from prelim.imaging.naming import days_of, series_name
from prelim.imaging.selection import subject_of
from prelim.knowledge import URGENCIES, rule_of
from prelim.types import Case, Document, Evidence, NotAssessed, Series, Source, Study, Support, digest_of, evidence

_ASKED = {
    "probe": "presence of",
    "localization": "position of",
    "comparison": "change of",
    "reading": "description of",
}
MOST_NAMED = 6
"""Of more findings than these a sentence names those that would matter most."""


class Scribe:
    """Writes statements and keeps every evidence they list. `studies` are all that may be named.

    `shown` are the images that a model was given: id of the address → the same as each tool saw it.
    """

    def __init__(self, studies: Iterable[Study], shown: Mapping[str, Sequence[Evidence]] = {}) -> None:
        self.days, self.shown = days_of(studies), shown
        self.evidence: dict[str, Evidence] = {}

    def day(self, study: Study) -> str:
        """The study's date as a sentence says it."""
        return self.days[study.study_instance_uid]

    def called(self, study: Study) -> str:
        """What a study is, and its day: "Chest radiograph of 2025-03-14"."""
        return f"{kind_of(study)}{' of' if study.date else ','} {self.day(study)}"

    def write(
        self,
        section: str,
        about: object,
        text: str,
        rests_on: Sequence[Evidence],
        *,
        support: Support = "supported",
        source: Source = "template",
    ) -> Statement:
        """A statement whose id is made from its section and what it is about, never from its words."""
        self.evidence.update({item.id: item for item in rests_on})
        return Statement(
            id=statement_id(section, about),
            text=text,
            evidence=tuple(dict.fromkeys(item.id for item in rests_on)),
            support=support,
            source=source,
        )


def statement_id(section: str, about: object) -> str:
    """The id of the statement about one thing in one section; the same in every round and every home."""
    return "s-" + digest_of([section, about])[:12]


def under(region: str, statements: Iterable[Statement]) -> list[Statement]:
    """The statements as told under one heading."""
    return [statement.model_copy(update={"region": region}) for statement in statements]


def film_evidence(study: Study) -> Evidence:
    """The image of a study that is asked about; without one its first image, or the study itself."""
    subject = subject_of(study)
    if subject:
        return subject.place()
    shown = [(s, i) for s in study.series for i in s.image_set.images]
    if not shown:
        return evidence("image", study_instance_uid=study.study_instance_uid)
    series, image = shown[0]
    return evidence(
        "image",
        study_instance_uid=series.study_instance_uid,
        series_instance_uid=series.series_instance_uid,
        sop_instance_uid=image.sop_instance_uid,
        frame=image.frame,
    )


def scope_evidence(case: Case) -> list[Evidence]:
    """What a sentence about the case as a whole rests on: its current studies, else its documents."""
    films = [film_evidence(study) for study in current_studies(case)]
    return films or [document_evidence(document) for document in case.documents]


def document_evidence(document: Document) -> Evidence:
    """A whole document."""
    return evidence("text", document_sha256=document.sha256)


def current_studies(case: Case) -> list[Study]:
    """The studies to be read, the latest first."""
    return latest_first(study for study in case.studies if study.role == "current")


def latest_first(studies: Iterable[Study]) -> list[Study]:
    by_uid = sorted(studies, key=lambda study: study.study_instance_uid)
    return sorted(by_uid, key=lambda study: study.date or "", reverse=True)


# ------------------------------------------------------------------ indication, names


def indication(scribe: Scribe, case: Case, background: Sequence[Statement]) -> tuple[Statement, ...]:
    """Why the examination was asked for, as the files say, and what is known of the patient."""
    lines = (*_asked_for(scribe, case), *background)
    return lines or (scribe.write("indication", "none", "Not stated.", scope_evidence(case)),)


def _asked_for(scribe: Scribe, case: Case) -> tuple[Statement, ...]:
    if not case.indication:
        return ()
    said = evidence("text", quote=case.indication, ref="case.yaml")
    return (scribe.write("indication", "given", case.indication, [said]),)


def first_series(study: Study) -> Series | None:
    """The series that a study is named after: the one that is asked about, else its first."""
    subject = subject_of(study)
    return subject.series if subject else next(iter(study.series), None)


def kind_of(study: Study) -> str:
    """What a study is, by the image that is asked about: "Chest radiograph"."""
    series = first_series(study)
    return series_kind(series) if series else "Study"


def noun_of(study: Study) -> str:
    """What a sentence calls the images of a study that are asked about: film, scan, slide, image."""
    subject = subject_of(study)
    return subject.noun if subject else "image"


def series_kind(series: Series) -> str:
    """What a series is, to begin a sentence with: "Chest radiograph"."""
    name = series_name(series)
    return f"{name[:1].upper()}{name[1:]}"


# ------------------------------------------------------------------ what was not assessed


def not_assessed(scribe: Scribe, case: Case, declined: Sequence[NotAssessed]) -> tuple[Statement, ...]:
    """One plain sentence for each study and reason, so that silence is never read as normal."""
    studies = {study.study_instance_uid: study for study in case.studies}
    groups: dict[tuple[str | None, str], list[NotAssessed]] = {}
    for item in declined:
        groups.setdefault((item.study_instance_uid, item.reason), []).append(item)
    lines = []
    for (uid, reason), items in groups.items():
        study = studies.get(uid or "")
        where = scribe.called(study) if study else "this case"
        whole = any(item.task == "probe" and item.label is None for item in items)
        text = f"Not assessed: {where}. {reason}" if whole else f"Not assessed ({where}): {_asked(items)}. {reason}"
        tools = dict.fromkeys(TOOLS[item.task] for item in items)
        told = [seen_by(tool, film_evidence(study)) if study else said_by(tool, reason) for tool in tools]
        lines.append(scribe.write("findings", ["not assessed", uid, reason], text, told, support="abstained"))
    return tuple(lines)


def _asked(items: Sequence[NotAssessed]) -> str:
    """What was asked in vain: "presence of lung opacity and enlarged heart; change of the findings"."""
    tasks = dict.fromkeys(item.task for item in items)
    return "; ".join(_what(task, [item.label for item in items if item.task == task and item.label]) for task in tasks)


def _what(task: str, labels: Sequence[str]) -> str:
    """Of many findings the most urgent are named; the page lists them all."""
    if task not in _ASKED:
        return task
    rules = [rule_of(label) for label in dict.fromkeys(labels)]
    rules.sort(key=lambda rule: (not rule.pertinent, URGENCIES.index(rule.urgency)))
    names = [rule.name for rule in (rules if len(rules) <= MOST_NAMED else rules[: MOST_NAMED - 1])]
    more = ["other findings"] if len(names) < len(rules) else []
    return f"{_ASKED[task]} {listed([*names, *more]) if names else 'the findings'}"


def unread(scribe: Scribe, case: Case) -> list[Statement]:
    """The documents that no tool reads."""
    unread = [document for document in case.documents if document.kind == "text"]
    if not unread:
        return []
    kinds = listed(sorted({{"text": "other text"}.get(d.kind, f"{d.kind}s") for d in unread}))
    text = f"Documents of this case that were not read: {kinds}."
    places = [document_evidence(document) for document in unread]
    return [scribe.write("findings", "documents", text, places, support="abstained")]


def listed(names: Iterable[str], joint: str = "and") -> str:
    """Names as English lists them, each once: "a, b and c"."""
    *head, last = dict.fromkeys(names)
    return f"{', '.join(head)} {joint} {last}" if head else last
