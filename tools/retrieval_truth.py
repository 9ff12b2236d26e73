"""Questions to histories with the records that answer them, in JSON lines; and how a ranking is judged."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from prelim.errors import InputError
from prelim.evaluated import Problem
from prelim.types import Record, Value, digest_of

FORM = '{"patient", "records": […], "query", "relevant": [ids], "today"}'


class Query(Value):
    """A question to one patient's history. `today` is the day that "last year" counts from; None: the present one."""

    patient: str
    query: str
    relevant: frozenset[str]
    today: date | None = None


class Histories(NamedTuple):
    """Patients' records, and questions to them. Ids in both are made unlike those of other patients' records."""

    records: dict[str, list[Record]]
    queries: list[Query]
    problems: list[Problem]


def read_queries(path: Path) -> Histories:
    """The lines of a JSONL: a patient's records, given once or bit by bit, and questions with their relevant ids.

    A line may hold records, a question, or both. Records are as `prelim history list --json` prints them. A question
    whose relevant record is nowhere is a problem. InputError not_found.
    """
    found = Histories({}, [], [])
    lines = list(_lines(path))
    for take in (_take_records, _take_query):
        for number, text in lines:
            if number not in {one.line for one in found.problems}:
                found.problems.extend(_problems(found, take, number, text))
    return found


def _problems(
    found: Histories, take: Callable[[Histories, dict[str, Any]], None], number: int, text: str
) -> Iterator[Problem]:
    """Take something from a line; what is wrong with it, in words that quote nothing of it."""
    try:
        take(found, json.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        yield Problem(line=number, code="bad_line", message=f"{first['loc'][-1]}: {first['msg']}.")
    except json.JSONDecodeError as error:
        yield Problem(line=number, code="bad_line", message=f"It is no JSON: {error.msg}.")
    except KeyError as error:
        yield Problem(line=number, code="bad_line", message=f"It has no {error}: the form is {FORM}.")
    except (TypeError, AttributeError):
        yield Problem(line=number, code="bad_line", message=f"The form is {FORM}.")
    except InputError as error:
        yield Problem(line=number, code=error.code, message=error.message)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    if not path.is_file():
        remedy = f"Give JSON lines of {FORM}, or the word phantom."
        raise InputError("not_found", f"{path.name} does not exist.", remedy, path.name)
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if line.strip():
            yield number, line


def _take_records(found: Histories, line: dict[str, Any]) -> None:
    patient = str(line["patient"])
    held = found.records.setdefault(patient, [])
    for given in line.get("records", ()):
        held.append(Record.model_validate({**given, "id": own_id(patient, given["id"])}))


def _take_query(found: Histories, line: dict[str, Any]) -> None:
    if "query" not in line:
        return
    patient = str(line["patient"])
    relevant = frozenset(own_id(patient, id) for id in line["relevant"])
    if not relevant or relevant - {record.id for record in found.records.get(patient, ())}:
        raise InputError("no_such_record", "A relevant record is not among the patient's, or none is named.", "")
    found.queries.append(Query(patient=patient, query=line["query"], relevant=relevant, today=line.get("today")))


def own_id(patient: str, id: str) -> str:
    """A record's id, made unlike that of every other patient's."""
    return "r-" + digest_of([patient, id])[:16]


# ------------------------------------------------------------------ how a ranking is judged


def rank_of(ids: Sequence[str], relevant: Collection[str]) -> int | None:
    """The place of the first relevant one, from 1; None where none is among them."""
    return next((place for place, id in enumerate(ids, start=1) if id in relevant), None)


def recall_at(ids: Sequence[str], relevant: Collection[str], places: int) -> float:
    """The share of the relevant ones that is among the first places. `relevant` is not empty."""
    return len(set(ids[:places]) & set(relevant)) / len(set(relevant))
