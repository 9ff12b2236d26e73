"""HL7 v2 results: fields, escapes and moments; results, reports, corrections; whose they are."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelim.documents.hl7_fields import messages_of, moment, unescaped
from prelim.documents.read import Read, read_document
from prelim.errors import InputError
from prelim.facts import Entry
from prelim.types import LabResult

HEAD = r"MSH|^~\&|LAB|CITY|PRELIM|HOSPITAL|20120102||ORU^R01|1|P|2.5"
PID = "PID|1||MRN-7^^^CITY^MR~99^^^STATE||SAMPLE^ADA^M||19600512|F"
OBR = "OBR|1|O-1|F-1|24323-8^Metabolic panel^LN|||20120101092528-0500"
ESCAPES = {"|": r"\F\\"[:3], "^": r"\S\\"[:3], "&": r"\T\\"[:3], "~": r"\R\\"[:3], "\\": r"\E\\"[:3]}


def message(*lines: str, pid: str = PID, end: str = "\r") -> bytes:
    return end.join((HEAD, pid, *lines)).encode()


def read(*lines: str, **how: Any) -> Read:
    return read_document(message(*lines, **how), "m.hl7")


def entries(*lines: str, **how: Any) -> list[Entry]:
    return [Entry.model_validate(entry) for entry in read(*lines, **how).entries]


def result(*lines: str) -> LabResult:
    [entry] = entries(OBR, *lines)
    return LabResult.model_validate(entry.data)


def test_a_result_with_its_place() -> None:
    found = read(OBR, "OBX|1|NM|2345-7^Glucose^LN||95|mg/dL|70-99|N|||F")
    [entry] = [Entry.model_validate(item) for item in found.entries]
    lab = LabResult.model_validate(entry.data)
    assert (entry.title, entry.value, entry.unit, entry.loinc) == ("Glucose", 95.0, "mg/dL", "2345-7")
    assert (entry.date, entry.time) == ("2012-01-01", "2012-01-01T09:25:28-05:00")
    assert (entry.pointer, found.text[slice(*entry.chars)], found.kind) == ("OBX[1]-5", "95", "lab")
    assert (lab.reference.low, lab.reference.high, lab.flag, lab.flag_printed) == (70.0, 99.0, "N", "N")


@pytest.mark.parametrize(
    ("obx", "kind", "number", "comparator", "text"),
    [
        ("OBX|1|SN|1^CRP^L||<^5|mg/L|||||F", "numeric", 5.0, "<", "<5"),
        ("OBX|1|SN|1^Titre^L||^1^:^160||||||F", "text", None, None, "1:160"),
        ("OBX|1|CE|1^HBsAg^L||N^Negative^L||||||F", "qualitative", None, None, "Negative"),
        ("OBX|1|ST|1^K^L||4.20|mmol/L|||||F", "numeric", 4.2, None, "4.20"),
    ],
)
def test_every_kind_of_value(obx: str, kind: str, number: float | None, comparator: str | None, text: str) -> None:
    found = result(obx)
    assert (found.kind, found.value, found.comparator, found.value_text) == (kind, number, comparator, text)


def test_the_second_coding_may_be_loinc() -> None:
    assert result("OBX|1|NM|GLU^Glukose^L^2345-7^Glucose^LN||95|mg/dL|||||F").loinc == "2345-7"


def test_a_notes_segment_belongs_to_its_result() -> None:
    [entry] = entries(OBR, "OBX|1|NM|1^K^L||4.2|mmol/L|||||F", r"NTE|1||slightly\.br\haemolysed")
    assert entry.text == "K 4.2 mmol/L (slightly haemolysed)"


def test_what_was_withdrawn_is_left_out_and_a_correction_takes_its_place() -> None:
    first = "OBX|1|NM|1^K^L||4.2|mmol/L|||||F"
    found = read(OBR, first, "OBX|2|NM|2^Na^L||138|mmol/L|||||W", "OBX|3|NM|1^K^L||5.2|mmol/L|||||C")
    assert [entry["value"] for entry in found.entries] == [5.2]
    assert found.issues == ("Results left out: 1 withdrawn.",)


def test_what_is_withdrawn_later_is_gone() -> None:
    obx = "OBX|1|NM|1^K^L||4.2|mmol/L|||||{}"
    found = read(OBR, obx.format("F"), "OBX|2|NM|2^Na^L||138|mmol/L|||||F", HEAD, PID, OBR, obx.format("D"))
    assert [entry["title"] for entry in found.entries] == ["Na"]


def test_a_corrected_report_takes_the_place_of_the_first() -> None:
    obr = "OBR|1|O|F|71020^CHEST^L|||20120102|||||||||||||||||RAD"
    first, second = "OBX|1|TX|A^REPORT^L||Clear.||||||F", "OBX|1|TX|A^REPORT^L||Nodule.||||||C"
    [entry] = entries(obr, first, HEAD, PID, obr, second)
    assert "Nodule." in entry.text and "Clear." not in entry.text


@pytest.mark.parametrize(
    "lines",
    [
        ("OBX|1|NM|1^K^L||4.2|mmol/L|||||F|||20120101", "OBX|2|NM|1^K^L||5.2|mmol/L|||||F|||20120102"),
        ("OBX|1|NM|1^K^L|a|4.2|mmol/L|||||F", "OBX|2|NM|1^K^L|b|5.2|mmol/L|||||F"),
        ("OBX|1|NM|1^K^L||4.2|mmol/L|||||F", "OBX|2|NM|1^K^L||5.2|mmol/L|||||F"),
        ("OBX|1|NM|1^K^L||4.2|mmol/L|||||F", HEAD, PID, "OBR|1|||P^Panel^L", "OBX|1|NM|1^K^L||5.2|mmol/L|||||F"),
    ],
    ids=["at two times", "of two parts", "said twice", "of an order without a number"],
)
def test_two_results_of_one_test_are_two(lines: tuple[str, ...]) -> None:
    assert [entry.value for entry in entries(OBR, *lines)] in ([4.2, 5.2], [5.2, 4.2])


def test_a_unit_may_be_coded_in_ucum() -> None:
    lab = result("OBX|1|NM|1^K^L||4.2|mmol/l^millimole per litre^L^mmol/L^^UCUM|||||F")
    assert (lab.unit, lab.ucum) == ("mmol/l", "mmol/L")


@pytest.mark.parametrize(
    ("obx", "reason"),
    [
        ("OBX|1|ED|1^Paper^L||^application^PDF^Base64^JVBERi0=||||||F", "of a type that is not read"),
        ("OBX|1|NM|1^K^L|||mmol/L|||||F", "without a value"),
        ('OBX|1|NM|1^K^L||""|mmol/L|||||F', "without a value"),
        ("OBX|1|NM|||4.2|mmol/L|||||F", "without a name"),
    ],
)
def test_what_is_not_read_is_counted(obx: str, reason: str) -> None:
    found = read(OBR, obx, "OBX|2|NM|2^Na^L||138|mmol/L|||||F")
    assert [entry["title"] for entry in found.entries] == ["Na"]
    assert found.issues == (f"Results left out: 1 {reason}.",)


def test_a_number_that_is_too_large_is_a_text() -> None:
    lab = result(f"OBX|1|NM|1^K^L||{'1' * 400}|mmol/L|||||F")
    assert (lab.kind, lab.value) == ("text", None)


def test_another_escape_character() -> None:
    head = HEAD.replace("\\", "#")
    [entry] = read_document("\r".join((head, PID, OBR, "OBX|1|ST|1^K^L||a#T#b#.br#c\\||||||F")).encode(), "m").entries
    assert entry["data"]["value_text"] == "a&b c\\"


def test_an_order_of_images_is_a_report() -> None:
    obr = "OBR|1|||71020^CHEST RADIOGRAPH^L|||20120102|||||||||||||||||RAD"
    lines = (r"OBX|1|TX|A^FINDINGS^L||Right nodule \T\ scar.", "OBX|2|TX|B^IMPRESSION^L||Right lung nodule.")
    found = read(obr, *lines)
    [entry] = [Entry.model_validate(item) for item in found.entries]
    assert (entry.type, entry.date, found.kind) == ("report", "2012-01-02", "report")
    assert entry.text.split("\n") == [
        "CHEST RADIOGRAPH",
        "FINDINGS:",
        "Right nodule & scar.",
        "IMPRESSION:",
        "Right lung nodule.",
    ]


def test_who_it_is_about() -> None:
    about = read(OBR, "OBX|1|NM|1^K^L||4.2|mmol/L").about
    assert about.ids == {"MRN-7", "99"} and about.names == {"ada m sample"} and about.birth_dates == {"1960-05-12"}


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_line_ends_and_batches(end: str) -> None:
    one = message(OBR, "OBX|1|NM|1^K^L||4.2|mmol/L", end=end).decode()
    two = one.replace("20120101092528", "20130101092528")
    batch = end.join((r"FHS|^~\&", r"BHS|^~\&", one, two, "BTS|2", "FTS|1"))
    found = [Entry.model_validate(entry) for entry in read_document(batch.encode(), "m.hl7").entries]
    assert [(entry.date, entry.pointer) for entry in found] == [
        ("2012-01-01", "MSH[1]/OBX[1]-5"),
        ("2013-01-01", "MSH[2]/OBX[1]-5"),
    ]


def test_the_same_message_twice_is_the_same() -> None:
    one = message(OBR, "OBX|1|NM|1^K^L||4.2|mmol/L").decode()
    assert len(read_document(f"{one}\r{one}".encode(), "m.hl7").entries) == 1


@pytest.mark.parametrize(
    "people",
    [
        (PID, PID.replace("MRN-7", "MRN-8").replace("99^^^STATE", "98")),
        ("PID|1", PID, PID.replace("MRN-7", "MRN-8").replace("99^^^STATE", "98")),
        (PID, PID.replace("SAMPLE^ADA^M", "OTHER^EVE").replace("1960", "1970")),
        ("PID|1||||SAMPLE^ADA||19600512", "PID|1||||OTHER^EVE||19700512"),
    ],
    ids=["ids", "after one without", "names under one id", "names"],
)
def test_messages_of_two_people_are_refused(people: tuple[str, ...]) -> None:
    messages = [message(OBR, "OBX|1|NM|1^K^L||4.2|mmol/L", pid=pid).decode() for pid in people]
    with pytest.raises(InputError) as caught:
        read_document("\r".join(messages).encode(), "m.hl7")
    assert caught.value.code == "several_patients"


def test_the_character_set_that_is_stated() -> None:
    raw = message(OBR, "OBX|1|NM|1^Hämoglobin^L||13|g/dl").decode().replace("|P|2.5", "|P|2.5||||||8859/1")
    [entry] = read_document(raw.encode("latin-1"), "m.hl7").entries
    assert entry["title"] == "Hämoglobin"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("20120101", "2012-01-01"),
        ("201201010925", "2012-01-01T09:25:00"),
        ("20120101092528.1234+0100", "2012-01-01T09:25:28+01:00"),
        ("20121301", None),
        ("201201010925-9900", None),
        ("2012", None),
        ("", None),
        ("soon", None),
    ],
)
def test_moments(printed: str, expected: str | None) -> None:
    assert moment(printed) == expected


@given(st.text(alphabet="ab |^&~\\09", max_size=12))
def test_what_is_escaped_comes_back(text: str) -> None:
    [segments] = messages_of(HEAD)
    escaped = "".join(ESCAPES.get(letter, letter) for letter in text)
    assert unescaped(segments[0].message, escaped) == text


@given(st.text(max_size=40))
def test_no_line_breaks_the_reader(line: str) -> None:
    """Whatever stands in a further line, what is right is read or the file is refused by name."""
    try:
        found = read_document(
            message(OBR, "OBX|1|NM|1^K^L||4.2|mmol/L") + b"\r" + line.encode("utf-8", "ignore"), "m.hl7"
        )
    except InputError as error:
        assert error.file == "m.hl7"
    else:
        assert found.entries[0]["title"] == "K" or len(found.entries) > 1


def test_every_result_of_the_exports_survives_the_way_through_hl7(shared_data: Path) -> None:
    for file in sorted((shared_data / "fhir-synthea" / "truth").glob("*.json")):
        labs = [o for o in json.loads(file.read_text())["observations"] if "laboratory" in o["category"]]
        lines = []
        for number, o in enumerate(labs, start=1):
            when = "".join(filter(str.isdigit, o["date"][:19])) + "+0000"
            name = "".join(ESCAPES.get(letter, letter) for letter in o["name"])
            lines.append(f"OBR|{number}|O-{number}||p^Panel^L|||{when}")
            unit = "".join(ESCAPES.get(letter, letter) for letter in o["unit"])
            lines.append(f"OBX|1|NM|{o['loinc']}^{name}^LN||{o['value']}|{unit}|||||F")
        found = {(e.loinc, e.title, e.value, e.unit, e.time) for e in entries(*lines)}
        assert found == {(o["loinc"], o["name"], o["value"], o["unit"], o["date"]) for o in labs}
