"""Questions with their right answers, made by code: kinds × patients × tests × days, each in several wordings.

The rules of memory/ were written beside the `KNOWN` wordings. What the `READ` ones missed was read, in four rounds, and
rules were mended after each: unread, their right records came first 93, 87, 86 and 91 times of 100. `HELD` ones were
written before the last mending, and no rule was changed after they were run.
"""

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from benchmarks.recall_records import Patients
from prelim.types import Record
from tools.retrieval_truth import rank_of

KNOWN = {
    "last": ("last {test}", "the most recent {test}", "latest {test}"),
    "first": ("first {test}", "earliest {test}"),
    "before": ("the {test} before {month}", "{test} prior to {month}"),
    "since": ("highest {test} since {year}",),
    "lowest": ("lowest {test}",),
    "year": ("{test} in {year}",),
    "around": ("{test} around {month}",),
    "rolling": ("{test} over the last year",),
    "this": ("the film before this one",),
    "film": ("any earlier chest film", "previous chest x-ray"),
    "view": ("prior chest films of the same view",),
    "mention": ("reports that mention {finding}", "reports mentioning {finding}"),
    "mention_in": ("report with {finding} in {year}",),
    "condition": ("when was {condition} diagnosed", "history of {condition}"),
    "list": ("medications", "allergies", "problem list", "procedures"),
    "imaging": ("{part} film",),
    "panel": ("last {panel} panel",),
    "note": ("the {kind} of {month}", "last {kind}"),
}
READ = {
    "last": (
        "what was his {test} most recently?",
        "{test} - newest value",
        "show me the current {test}",
        "{test}, last one please",
        "most up-to-date {test}",
        "where does the {test} stand now",
        "can you pull up the {test}, newest first?",
        "{test} as of the latest draw",
        "final {test}",
        "{test} whenever last checked",
        "how is the {test} lately",
        "give me his latest {test} number",
    ),
    "first": (
        "baseline {test}",
        "what was the initial {test}",
        "{test} at the very start",
        "oldest {test} on file",
        "when we first measured {test}, what was it",
        "original {test}",
        "{test} when he first came",
        "the first ever {test}",
    ),
    "before": (
        "how was {test} just before {month}?",
        "closest {test} earlier than {month}",
        "{test} preceding {month}",
        "last {test} that predates {month}",
        "{test} ahead of {month}",
        "the {test} result right before {month}",
        "what was the {test} prior to {month}",
        "{test} on the last check before {month}",
    ),
    "since": (
        "peak {test} from {year} onwards",
        "max {test} after {earlier}",
        "greatest {test} from {year} on",
        "how high did {test} get since {year}",
        "top {test} since {year}",
        "{test} maximum, {year} and later",
        "highest {test} we saw since {year}",
        "{test} peak since {year}",
    ),
    "lowest": (
        "nadir of {test}",
        "smallest {test} ever",
        "how low did the {test} go",
        "minimum {test} on record",
        "least {test} so far",
        "lowest recorded {test}",
        "the minimum {test} he had",
    ),
    "year": (
        "did we check {test} during {year}?",
        "{year} {test} result",
        "{test} measured in {year}",
        "any {test} from {year}?",
        "what did {test} look like in {year}",
        "{test}s of {year}",
        "{test} result for {year}",
        "what was {test} in the year {year}",
    ),
    "around": (
        "{test} close to {month}",
        "{test} in or near {month}",
        "{test} about {month}",
        "{test} near {month}",
        "which {test} is closest to {month}?",
        "{test} around the time of {month}",
        "{test} nearest {month}",
    ),
    "rolling": (
        "{test} trend, past 12 months",
        "{test} values in the past year",
        "{test} within the last 12 months",
        "the past year's {test}",
        "{test} during the last twelve months",
        "recent {test}, one year back",
        "{test} over the past 12 months",
    ),
    "this": (
        "what was the film preceding the current one?",
        "prior film",
        "the study before today's film",
        "last film prior to this one",
        "the radiograph taken before the present one",
        "comparison film",
        "previous film for comparison",
        "the exam right before this film",
    ),
    "film": (
        "preceding chest radiograph",
        "what did we image of the chest last time, plain film",
        "old CXR to compare with",
        "most recent prior chest x-ray",
        "last chest film before today",
        "chest film prior to the current study",
        "the last time his chest was x-rayed",
        "last chest radiograph before this one",
        "his previous CXR",
    ),
    "view": (
        "comparison chest radiographs in the same projection",
        "earlier chest film, same view",
        "previous chest x-rays of the same projection",
        "same-view chest film from before",
        "older chest radiographs in this same view",
        "prior chest radiograph, identical view",
        "chest film to compare, matching projection",
    ),
    "mention": (
        "which reports describe {finding}?",
        "did any radiology report ever note {finding}",
        "{finding} on prior reports",
        "find reports with {finding}",
        "where was {finding} reported",
        "was {finding} seen on any report?",
        "radiology reports noting {finding}",
        "has {finding} been described before?",
        "reports in which {finding} shows up",
        "reports which talk about {finding}",
        "any mention of {finding} in old reports?",
        "earlier reports of {finding}",
    ),
    "mention_in": (
        "{year} report describing {finding}",
        "reports from {year} with {finding}",
        "what report of {year} shows {finding}",
        "radiology report from {year} that mentions {finding}",
    ),
    "condition": (
        "does the patient have {condition}?",
        "onset of {condition}",
        "is there a history of {condition}",
        "{condition} - since when?",
        "{condition}: when did it begin?",
        "has he ever been diagnosed with {condition}",
        "any known {condition}?",
        "start date of {condition}",
    ),
    "list": (
        "what drugs were prescribed?",
        "is he allergic to anything?",
        "past diagnoses",
        "any operations or procedures",
        "current and past medicines",
        "known allergies",
        "list of problems",
        "what procedures were done",
        "what is he taking",
        "allergy list",
        "active and resolved problems",
        "surgical history",
        "medication list",
        "what allergies are known",
        "diagnosis list",
        "past procedures",
    ),
    "imaging": (
        "x-ray of the {part}",
        "was the {part} ever imaged?",
        "films of the {part}",
        "{part} radiograph",
        "any imaging of the {part}",
        "{part} x-rays",
        "previous {part} film",
        "show the {part} x-ray",
    ),
    "panel": (
        "most recent {panel} panel results",
        "newest {panel} panel",
        "latest results of the {panel} panel",
        "the {panel} panel, latest",
    ),
    "note": (
        "{kind} dated {month}",
        "find the newest {kind}",
        "{kind} from {month}",
        "most recent {kind}",
        "show the {kind} written in {month}",
        "the last {kind} we have",
        "{kind} written {month}",
        "latest {kind} in the chart",
    ),
}
HELD = {
    "last": (
        "{test}: what is the newest figure",
        "pull the most recent {test}",
        "is there a recent {test}",
    ),
    "first": (
        "very first {test}",
        "{test} at baseline",
    ),
    "before": (
        "{test} as it was before {month}",
        "nearest {test} prior to {month}",
    ),
    "since": (
        "since {year}, what was the highest {test}",
        "maximal {test} from {year} onward",
    ),
    "lowest": (
        "his lowest ever {test}",
        "{test} nadir",
    ),
    "year": (
        "{test} back in {year}",
        "during {year}, {test}",
    ),
    "around": (
        "{test} somewhere around {month}",
        "closest {test} to {month}",
    ),
    "rolling": (
        "{test} in the preceding 12 months",
        "all {test} of the past year",
    ),
    "this": (
        "film previous to this",
        "what came before this film",
    ),
    "film": (
        "earlier CXR",
        "most recent chest x-ray before the current one",
    ),
    "view": (
        "prior chest film with the same view as this one",
        "chest x-ray, same projection, earlier",
    ),
    "mention": (
        "reports in which {finding} is mentioned",
        "which report noted {finding}",
        "prior report describing {finding}",
    ),
    "mention_in": ("the {year} report that mentions {finding}",),
    "condition": (
        "when did {condition} start",
        "{condition} in his history?",
    ),
    "list": (
        "all medications",
        "any allergies?",
        "list his conditions",
        "list of procedures",
    ),
    "imaging": (
        "{part} imaging",
        "earlier film of the {part}",
    ),
    "panel": ("last {panel} panel on file",),
    "note": (
        "{month} {kind}",
        "newest {kind} on file",
    ),
}
_TESTS = {
    "6690-2": "white count",
    "789-8": "red cell count",
    "718-7": "hemoglobin",
    "4544-3": "hematocrit",
    "787-2": "MCV",
    "777-3": "platelets",
    "2093-3": "total cholesterol",
    "2571-8": "triglycerides",
    "18262-6": "LDL",
    "2085-9": "HDL cholesterol",
    "4548-4": "hemoglobin A1c",
    "33914-3": "eGFR",
    "2339-0": "glucose",
    "6299-2": "BUN",
    "38483-4": "creatinine",
    "49765-1": "calcium",
    "2947-0": "sodium",
    "6298-4": "potassium",
    "2069-3": "chloride",
    "29463-7": "weight",
    "39156-5": "BMI",
    "55284-4": "blood pressure",
}
_FINDINGS = {
    "nodule": "a nodule",
    "cardiomegaly": "cardiomegaly",
    "pulmonary atelectasis": "atelectasis",
    "pleural effusion": "a pleural effusion",
    "calcified granuloma": "a calcified granuloma",
    "pneumothorax": "pneumothorax",
    "scoliosis": "scoliosis",
    "hernia": "a hiatal hernia",
    "fractures": "a fracture",
    "pneumonia": "pneumonia",
    "infiltrate": "an infiltrate",
    "emphysema": "emphysema",
    "pulmonary edema": "pulmonary edema",
    "osteophyte": "osteophytes",
    "catheters": "a catheter",
}
_FILMS = ("CR", "DX")


class Asked(NamedTuple):
    """A question to one patient's history on a day, and the records of which one has to come first."""

    patient: str
    kind: str
    question: str
    right: frozenset[str]
    today: date


def requests(patients: Patients, wordings: dict[str, tuple[str, ...]], count: int, seed: int) -> list[Asked]:
    """So many questions, the kinds in turn."""
    rng = random.Random(seed)
    by_kind: dict[str, list[tuple[str, dict[str, str], set[str], date]]] = {}
    for key, records in patients.items():
        for kind, words, right, today in _facts(records, rng):
            by_kind.setdefault(kind, []).append((key, words, right, today))
    for facts in by_kind.values():
        rng.shuffle(facts)
    asked: dict[tuple[str, str, date], Asked] = {}
    turn = 0
    while len(asked) < count:
        for kind, facts in by_kind.items():
            if turn < len(facts) and len(asked) < count:
                key, words, right, today = facts[turn]
                fitting = [form for form in wordings[kind] if _fits(form, kind, words)]
                question = fitting[turn % len(fitting)].format(**words)
                asked[(key, question, today)] = Asked(key, kind, question, frozenset(right), today)
        turn += 1
    return list(asked.values())


def _fits(form: str, kind: str, words: dict[str, str]) -> bool:
    """A list has a wording for each of its types; a note's day is named where it is asked for by its day."""
    if kind == "list":
        return words["type"] in _LISTS[form]
    return kind != "note" or ("{month}" in form) == ("month" in words)


_LISTS = {
    "medications": "medication",
    "allergies": "allergy",
    "problem list": "condition",
    "procedures": "procedure",
    "what drugs were prescribed?": "medication",
    "is he allergic to anything?": "allergy",
    "past diagnoses": "condition",
    "any operations or procedures": "procedure",
    "current and past medicines": "medication",
    "known allergies": "allergy",
    "list of problems": "condition",
    "what procedures were done": "procedure",
    "what is he taking": "medication",
    "allergy list": "allergy",
    "active and resolved problems": "condition",
    "surgical history": "procedure",
    "medication list": "medication",
    "what allergies are known": "allergy",
    "diagnosis list": "condition",
    "past procedures": "procedure",
    "all medications": "medication",
    "any allergies?": "allergy",
    "list his conditions": "condition",
    "list of procedures": "procedure",
}
Fact = tuple[str, dict[str, str], set[str], date]


def _facts(records: Sequence[Record], rng: random.Random) -> Iterator[Fact]:
    yield from _of_tests(records, rng)
    yield from _of_films(records)
    yield from _of_reports(records)
    yield from _of_lists(records)
    yield from _of_notes(records)


def _day(record: Record) -> date:
    return date.fromisoformat(record.date or "")


def _of_tests(records: Sequence[Record], rng: random.Random) -> Iterator[Fact]:
    for loinc, test in _TESTS.items():
        results = sorted((one for one in records if one.loinc == loinc and one.type in ("lab", "vital")), key=_day)
        if len(results) < 2:
            continue
        middle = results[len(results) // 2]
        words = {
            "test": test,
            "month": f"{_day(middle):%B %Y}",
            "year": str(_day(middle).year),
            "earlier": str(_day(middle).year - 1),
        }
        after = _day(results[-1]) + timedelta(days=rng.randrange(20, 200))
        yield "last", words, {results[-1].id}, after
        yield "first", words, {results[0].id}, after
        month = _day(middle).replace(day=1)
        yield "before", words, {max((one for one in results if _day(one) < month), key=_day).id}, after
        yield "year", words, {one.id for one in results if _day(one).year == _day(middle).year}, after
        yield "around", words, {min(results, key=lambda one: abs((_day(one) - month).days - 14)).id}, after
        yield "rolling", words, {results[-1].id}, after
        if middle.value is not None:
            since = [one for one in results if _day(one).year >= _day(middle).year]
            yield "since", words, _of_value(since, max(map(_value, since))), after
            yield "lowest", words, _of_value(results, min(map(_value, results))), after
    for panel in ("lipid", "basic metabolic"):
        panels = [one for one in records if one.type == "panel" and panel in one.title.lower()]
        if panels:
            yield "panel", {"panel": panel}, {max(panels, key=_day).id}, date(2022, 1, 1)


def _value(record: Record) -> float:
    return record.value or 0


def _of_value(results: Sequence[Record], value: float) -> set[str]:
    """The results of that value: the highest may have been measured twice."""
    return {one.id for one in results if _value(one) == value}


def _of_films(records: Sequence[Record]) -> Iterator[Fact]:
    films = sorted((one for one in records if one.type == "study" and _series(one)["modality"] in _FILMS), key=_day)
    chest = [one for one in films if _series(one)["body_part"] == "CHEST"]
    for before, this in list(itertools.pairwise(chest))[-4:]:
        earlier = [one for one in films if _day(one) < _day(this)]
        yield "this", {}, {before.id, earlier[-1].id}, _day(this)
        yield "film", {}, {before.id}, _day(this)
        same = [one for one in chest if _day(one) < _day(this) and _frontal(one) == _frontal(this)]
        if same:
            yield "view", {}, {same[-1].id}, _day(this)
    for one in (record for record in records if record.type == "imaging"):
        yield "imaging", {"part": one.title.split()[-1].lower()}, {one.id}, date(2022, 1, 1)


def _series(record: Record) -> dict[str, str]:
    return record.data["series"][0]  # type: ignore[no-any-return]


def _frontal(record: Record) -> bool:
    return _series(record)["view"] in ("PA", "AP")


def _of_reports(records: Sequence[Record]) -> Iterator[Fact]:
    reports = [one for one in records if one.type == "report"]
    for coded, said in _FINDINGS.items():
        # The readers saw the films too: a report is right where its own words bear the code out.
        word = said.rpartition(" ")[2].removesuffix("s")
        right = {one.id for one in reports if coded in one.data["coded"] and word in one.text.lower()}
        if right and len(right) < len(reports) / 2:
            one = next(record for record in reports if record.id in right)
            yield "mention", {"finding": said}, right, date(2040, 1, 1)
            year = _day(one).year
            of_year = {record.id for record in reports if record.id in right and _day(record).year == year}
            yield "mention_in", {"finding": said, "year": str(year)}, of_year, date(2040, 1, 1)


def _of_lists(records: Sequence[Record]) -> Iterator[Fact]:
    for type in ("medication", "allergy", "condition", "procedure"):
        right = {one.id for one in records if one.type == type}
        if right:
            yield "list", {"type": type}, right, date(2022, 1, 1)
    for one in (record for record in records if record.type == "condition"):
        name = one.title.partition(" (")[0].lower()
        right = {other.id for other in records if other.type == "condition" and name in other.title.lower()}
        yield "condition", {"condition": name}, right, date(2022, 1, 1)


def _of_notes(records: Sequence[Record]) -> Iterator[Fact]:
    notes = [one for one in records if one.type == "note"]
    for one in notes:
        kind = one.title.lower().removesuffix("s")
        month = f"{_day(one):%B %Y}"
        same = [other for other in notes if other.title == one.title]
        named = {other.id for other in same if f"{_day(other):%B %Y}" == month}
        if kind not in ("pet", "ct", "procedure"):
            yield "note", {"kind": kind, "month": month}, named, date(2022, 1, 1)
            last = max(_day(other) for other in same)
            yield "note", {"kind": kind}, {other.id for other in same if _day(other) == last}, date(2022, 1, 1)


Search = Callable[[Asked], Sequence[str]]
"""The ids that a way to search gives for a question, best first."""


def found_within(asked: Sequence[Asked], search: Search, places: int) -> list[bool]:
    """Whether the right record is among the first places, for each question."""
    return [rank_of(search(one)[:places], one.right) is not None for one in asked]
