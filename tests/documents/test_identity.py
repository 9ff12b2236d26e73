"""Whom a document names."""

import pytest

from prelim.documents.identity import identities_in_table, identity_in, identity_of_fields, normal_name


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("MRN: 00123", {"00123"}),
        ("mrn 00123, ward 3", {"00123"}),
        ("Patient ID: EXAMPLE-1", {"EXAMPLE-1"}),
        ("patient_id: p/7.2", {"p/7.2"}),
        ("Medical record number: 0001024407  \nPrimary", {"0001024407"}),
        ("Patient No.: 77.", {"77"}),
        ("PID: 4711", {"4711"}),
        ("History of PID: treated twice", set()),
        ("The MRN follows by mail.", set()),
        ("MRN:\nName: Someone", set()),
        ("Sample ID: 12", set()),
    ],
)
def test_ids(text: str, ids: set[str]) -> None:
    assert identity_in(text).ids == ids


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Patient: Doe, Jane  MRN: 1", {"doe jane"}),
        ("Patient name: Jane Doe\nAge: 59", {"doe jane"}),
        ("Name: Jane Doe DOB: 1960-05-06", {"doe jane"}),
        ("Test name: CRP", set()),
    ],
)
def test_names(text: str, names: set[str]) -> None:
    assert identity_in(text).names == names and normal_name("DOE^JANE") == "doe jane"


@pytest.mark.parametrize(
    "text",
    [
        "DOB: 1960-05-06",
        "Date of birth 06.05.1960 Sex: F",
        "born on 6 May 1960 in Rome",
        "DOB: May 6, 1960 12 years",
        "DOB:1960-05-06 12:00",
    ],
)
def test_birth_dates(text: str) -> None:
    assert "1960-05-06" in identity_in(text).birth_dates


def test_fields_of_a_note() -> None:
    about = identity_of_fields({"patient_id": "A1", "Patient Name": "Doe^Jane", "birthDate": "1960-05-06", "text": "x"})
    assert about == (frozenset({"A1"}), frozenset({"doe jane"}), frozenset({"1960-05-06"}))
    assert not any(identity_of_fields({"id": "note-7", "date": "2025-03-14", "mrn": None}))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_people_in_a_table(separator: str) -> None:
    rows = ["Patient ID,Test,Value", "A1,CRP,3", "A1,WBC,4", "B2,CRP,5"]
    table = "\n".join(row.replace(",", separator) for row in rows)
    assert [set(person.ids) for person in identities_in_table(table)] == [{"A1"}, {"B2"}]
    assert identities_in_table("Test,Value\nCRP,3") == [] and identities_in_table("A note, as it happens.") == []
