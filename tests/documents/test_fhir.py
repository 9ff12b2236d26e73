"""FHIR R4 into entries: every type, values as printed, whose they are, and each part that is refused alone."""

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prelim.documents.fhir import read_fhir
from prelim.documents.fhir_resources import parsed
from prelim.documents.read import Read, read_document
from prelim.errors import InputError
from prelim.facts import Entry
from prelim.types import LabResult

LABORATORY = [{"coding": [{"code": "laboratory"}]}]
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"value": "MRN-7"}],
    "name": [{"family": "Sample", "given": ["Ada"]}],
    "birthDate": "1960-05-12",
}


def resource(kind: str = "Observation", **fields: Any) -> dict[str, Any]:
    """A resource of the patient; a field that is None is left out."""
    base = {"resourceType": kind, "id": "r1", "subject": {"reference": "Patient/p1"}, "status": "final"}
    return {key: value for key, value in {**base, **fields}.items() if value is not None}


def lab(value: Any = None, **fields: Any) -> dict[str, Any]:
    quantity = {
        "valueQuantity": {"value": 1.9, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}
    }
    common = {
        "category": LABORATORY,
        "code": {"text": "Creatinine", "coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        "effectiveDateTime": "2012-01-01T09:25:28-05:00",
    }
    return resource(**{**common, **(value or quantity), **fields})


def bundle(*resources: Any) -> bytes:
    entries = [{"resource": item} for item in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def read(*resources: Any) -> Read:
    return read_document(bundle(PATIENT, *resources), "b.json")


def entry_of(*resources: Any) -> Entry:
    [entry] = read(*resources).entries
    return Entry.model_validate(entry)


def result_of(*resources: Any) -> LabResult:
    return LabResult.model_validate(entry_of(*resources).data)


# ------------------------------------------------------------------ results


def test_a_result_with_its_place() -> None:
    found = read(lab())
    [entry] = [Entry.model_validate(item) for item in found.entries]
    assert (entry.type, entry.title, entry.value, entry.unit, entry.loinc) == (
        "lab",
        "Creatinine",
        1.9,
        "mg/dL",
        "2160-0",
    )
    assert (entry.date, entry.time) == ("2012-01-01", "2012-01-01T09:25:28-05:00")
    assert entry.pointer == "/entry/1/resource/valueQuantity"
    assert found.text[slice(*entry.chars)] == "1.9"
    assert found.kind == "lab"


def with_number(printed: str) -> bytes:
    """A bundle of two results, the first of them with a number as it is to be printed."""
    return bundle(PATIENT, lab(id="first"), lab(id="second")).replace(b"1.9,", f"{printed},".encode(), 1)


@pytest.mark.parametrize("printed", ["1.90", "0.0000001", "1e5", "1E-3", "-0.0", "123456789012345678901234"])
def test_a_number_keeps_the_digits_that_were_printed(printed: str) -> None:
    entry, _ = sorted(read_document(with_number(printed), "b.json").entries, key=lambda one: str(one["key"]))
    assert entry["data"]["value_text"] == printed and entry["value"] == float(printed)


@pytest.mark.parametrize("printed", ["1e999", "-1e999", "1e99999999999999999999", "1" * 400, "1" * 5000])
def test_a_number_that_is_too_large_refuses_its_resource_alone(printed: str) -> None:
    found = read_document(with_number(printed), "b.json")
    assert [entry["key"] for entry in found.entries] == ["Observation/second"]
    [(code, message)] = found.refused
    assert code == "invalid_resource" and "/entry/1/resource" in message


@pytest.mark.parametrize(
    ("value", "kind", "number", "text"),
    [
        ({"valueQuantity": {"value": 5, "comparator": "<", "unit": "mg/L"}}, "numeric", 5.0, "<5"),
        ({"valueCodeableConcept": {"text": "Positive"}}, "qualitative", None, "Positive"),
        ({"valueString": "see comment"}, "text", None, "see comment"),
        ({"valueString": "4.2"}, "numeric", 4.2, "4.2"),
        ({"valueInteger": 3}, "numeric", 3.0, "3"),
        ({"valueBoolean": True}, "qualitative", None, "yes"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 160}}}, "text", None, "1:160"),
        ({"valueRange": {"low": {"value": 2}, "high": {"value": 5}}}, "text", None, "2-5"),
        ({"dataAbsentReason": {"text": "haemolysed"}}, "text", None, "no value (haemolysed)"),
    ],
)
def test_every_kind_of_value(value: dict[str, Any], kind: str, number: float | None, text: str) -> None:
    found = result_of(lab(value))
    assert (found.kind, found.value, found.value_text) == (kind, number, text)


def test_range_flag_and_specimen() -> None:
    specimen = {
        "resourceType": "Specimen",
        "id": "s1",
        "type": {"text": "Serum"},
        "subject": {"reference": "Patient/p1"},
    }
    found = result_of(
        lab(
            referenceRange=[{"low": {"value": 0.6}, "high": {"value": 1.3}}],
            interpretation=[{"coding": [{"code": "HH"}]}],
            specimen={"reference": "#s1"},
            contained=[specimen],
        )
    )
    assert (found.reference.low, found.reference.high, found.reference.text) == (0.6, 1.3, "0.6-1.3")
    assert (found.flag_printed, found.flag, found.specimen) == ("HH", "H", "Serum")


def test_of_several_ranges_none_is_chosen() -> None:
    ranges = [
        {"low": {"value": 13}, "high": {"value": 17}, "appliesTo": [{"text": "male"}]},
        {"low": {"value": 12}, "high": {"value": 15}, "appliesTo": [{"text": "female"}]},
    ]
    found = result_of(lab(referenceRange=ranges))
    assert (found.reference.low, found.reference.high, found.flag) == (None, None, None)
    assert found.reference.text == "male: 13-17; female: 12-15"


def test_what_was_withdrawn_is_left_out_and_what_is_preliminary_says_so() -> None:
    found = read(lab(status="entered-in-error", id="r0"), lab(status="preliminary"))
    [entry] = found.entries
    assert "(preliminary)" in entry["text"]
    assert found.issues == ("Not read: 1 Observation that was withdrawn.",)


def test_of_several_versions_the_latest_stands_if_they_can_be_told_apart() -> None:
    def dated(value: float, changed: str | None) -> dict[str, Any]:
        return lab(valueQuantity={"value": value}, meta={"lastUpdated": changed} if changed else None)

    later, earlier = dated(2, "2020-01-02T00:30:00+02:00"), dated(1, "2020-01-01T22:00:00Z")
    for order in ((earlier, later), (later, earlier)):
        assert [entry["value"] for entry in read(*order).entries] == [2]
    assert {entry["value"] for entry in read(later, dated(3, None)).entries} == {2, 3}


def test_results_without_a_value_are_told_and_a_group_of_results_is_a_panel() -> None:
    group = lab(id="g", valueQuantity=None, hasMember=[{"reference": "Observation/r1"}])
    empty = lab(id="e", valueQuantity=None)
    found = read(lab(), group, empty, lab(id="n", code={}))
    assert {(entry["type"], entry["text"]) for entry in found.entries} == {
        ("lab", "Creatinine 1.9 mg/dL"),
        ("panel", "Creatinine, Creatinine"),
    }
    assert found.issues == ("Not read: 1 Observation without a name, 1 Observation without a value.",)


def test_a_pressure_is_one_vital_sign() -> None:
    parts = [
        {"code": {"text": "Systolic"}, "valueQuantity": {"value": 120, "unit": "mm[Hg]"}},
        {"code": {"text": "Diastolic"}, "valueQuantity": {"value": 80, "unit": "mm[Hg]"}},
    ]
    entry = entry_of(
        resource(category=[{"coding": [{"code": "vital-signs"}]}], code={"text": "Blood pressure"}, component=parts)
    )
    assert (entry.type, entry.text) == ("vital", "Blood pressure: Systolic 120 mm[Hg]; Diastolic 80 mm[Hg]")


# ------------------------------------------------------------------ the rest of a record


def attachment(text: str) -> dict[str, str]:
    return {"contentType": "text/plain; charset=utf-8", "data": base64.b64encode(text.encode()).decode()}


REPORT = "FINDINGS: A nodule in the right lung.\nIMPRESSION: Right lung nodule."
CASES: list[tuple[dict[str, Any], tuple[str, str, str | None]]] = [
    (
        resource(
            "Condition",
            status=None,
            clinicalStatus={"coding": [{"code": "active"}]},
            code={"text": "Hypertension"},
            onsetDateTime="1999-12-28",
        ),
        ("condition", "Hypertension, active", "1999-12-28"),
    ),
    (
        resource(
            "MedicationRequest",
            status="stopped",
            intent="order",
            medicationCodeableConcept={"text": "Lisinopril 10 mg"},
            dosageInstruction=[{"text": "once daily"}],
            authoredOn="2019-01-10",
        ),
        ("medication", "Lisinopril 10 mg, once daily, stopped", "2019-01-10"),
    ),
    (
        resource(
            "AllergyIntolerance",
            subject=None,
            status=None,
            patient={"reference": "Patient/p1"},
            code={"text": "Penicillin"},
            reaction=[{"manifestation": [{"text": "rash"}]}],
            recordedDate="2018-09-12",
        ),
        ("allergy", "Penicillin, rash", "2018-09-12"),
    ),
    (
        resource("Procedure", status="completed", code={"text": "Suture"}, performedPeriod={"start": "2011-11-06"}),
        ("procedure", "Suture", "2011-11-06"),
    ),
    (
        resource(
            "Encounter",
            status="finished",
            type=[{"text": "Check-up"}],
            period={"start": "2011-06-06"},
            **{"class": {"code": "AMB"}},
        ),
        ("encounter", "Check-up", "2011-06-06"),
    ),
    (
        resource(
            "ImagingStudy",
            status="available",
            started="2017-02-10",
            description="Two views",
            series=[{"uid": "1.2", "modality": {"code": "DX"}, "bodySite": {"display": "Clavicle"}}],
        ),
        ("imaging", "DX clavicle study, Two views", "2017-02-10"),
    ),
    (
        resource(
            "DiagnosticReport",
            category=[{"coding": [{"code": "RAD"}]}],
            code={"text": "Chest radiograph"},
            conclusion="No effusion.",
            effectiveDateTime="2020-02-03",
        ),
        ("report", "Chest radiograph\nNo effusion.", "2020-02-03"),
    ),
    (
        resource(
            "DiagnosticReport",
            category=[{"coding": [{"code": "LAB"}]}],
            code={"text": "Lipid panel"},
            result=[{"reference": "Observation/x", "display": "Cholesterol"}],
            effectiveDateTime="2020-02-03",
        ),
        ("panel", "Lipid panel, Cholesterol", "2020-02-03"),
    ),
    (
        resource(
            "DocumentReference",
            status="current",
            type={"text": "Letter"},
            date="2020-02-03T00:00:00Z",
            content=[{"attachment": attachment(REPORT)}],
        ),
        ("report", REPORT, "2020-02-03"),
    ),
]


@pytest.mark.parametrize(("given", "expected"), CASES, ids=[case[0]["resourceType"] for case in CASES])
def test_each_type_as_an_entry(given: dict[str, Any], expected: tuple[str, str, str | None]) -> None:
    entry = entry_of(given)
    assert (entry.type, entry.text, entry.date) == expected


def test_what_is_not_read_is_counted() -> None:
    scan = resource(
        "DocumentReference",
        status="current",
        content=[{"attachment": {"contentType": "application/pdf", "data": "AA=="}}],
    )
    shot = {"resourceType": "Immunization", "id": "i", "patient": {"reference": "Patient/p1"}}
    found = read(lab(), scan, shot)
    assert found.issues == ("Not read: 1 DocumentReference without a text, 1 Immunization.",)


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("text/plain; charset=ISO-8859-1", "Fièvre".encode("latin-1"), "Fièvre"),
        ("text/plain", "Fièvre".encode(), "Fièvre"),
        ("text/html", b"<title>x</title><p>Nodule &lt; 5&nbsp;mm.<br/>No <b>effusion</b>.</p><script>1</script>", None),
    ],
)
def test_the_words_of_an_attachment(kind: str, data: bytes, text: str | None) -> None:
    content = [{"attachment": {"contentType": kind, "data": base64.b64encode(data).decode()}}]
    entry = entry_of(resource("DocumentReference", status="current", type={"text": "Letter"}, content=content))
    assert entry.text == (text or "Nodule < 5 mm.\nNo effusion.")


@pytest.mark.parametrize(
    "attachment",
    [
        {"contentType": "application/pdf", "data": "JVBERg=="},
        {"contentType": "text/plain", "url": "https://example.org/report"},
        {"contentType": "text/plain", "data": "////"},
        {"contentType": "text/plain; charset=nonsense", "data": "QQ=="},
    ],
)
def test_an_attachment_that_is_not_read_is_counted(attachment: dict[str, str]) -> None:
    report = resource("DiagnosticReport", code={"text": "CT"}, presentedForm=[attachment])
    assert read(report).issues == ("Not read: 1 attachment of a DiagnosticReport.",)


# ------------------------------------------------------------------ whose they are


def test_the_patient_is_known_by_its_id_and_every_identifier() -> None:
    about = read(lab()).about
    assert about.ids == {"p1", "MRN-7"} and about.names == {"ada sample"} and about.birth_dates == {"1960-05-12"}


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"subject": None}, "no_subject"),
        ({"subject": {"reference": "Patient/p2"}}, "patient_mismatch"),
        ({"subject": {"reference": "Patient/p2", "identifier": {"value": "MRN-7"}}}, "patient_mismatch"),
        ({"subject": {"identifier": {"value": "MRN-8"}}}, "patient_mismatch"),
        ({"subject": {"reference": "Group/p1"}}, "no_subject"),
        ({"subject": {"display": "Ada"}}, "no_subject"),
        ({"subject": {"reference": "#p1"}}, "no_subject"),
        ({"valueQuantity": {"value": 1, "comparator": "about"}}, "invalid_resource"),
        ({"status": "banana"}, "invalid_resource"),
        ({"effectiveDateTime": "yesterday"}, "invalid_resource"),
        ({"code": None}, "invalid_resource"),
        ({"component": "none"}, "invalid_resource"),
    ],
)
def test_a_bad_resource_is_refused_alone(broken: dict[str, Any], code: str) -> None:
    found = read(lab(), lab(id="bad", **broken))
    assert len(found.entries) == 1
    [(said, message)] = found.refused
    assert said == code and "/entry/2/resource" in message


@pytest.mark.parametrize(
    "subject",
    [
        {"identifier": {"value": "MRN-7"}},
        {"reference": "https://example.org/fhir/Patient/p1/_history/3"},
        {"reference": "urn:uuid:p1"},
        {"reference": "Patient?identifier=https://example.org|MRN-7"},
    ],
)
def test_each_way_to_name_the_patient(subject: dict[str, Any]) -> None:
    assert len(read(lab(subject=subject)).entries) == 1


def test_patients_inside_resources_are_told_apart_by_their_identifiers() -> None:
    """Each is called #p where it stands."""

    def of(mrn: str) -> dict[str, Any]:
        inside = {"resourceType": "Patient", "id": "p", "identifier": [{"value": mrn}]}
        return lab(id=mrn, subject={"reference": "#p"}, contained=[inside])

    found = read_document(bundle(of("MRN-1"), of("MRN-2")), "b.json")
    assert [entry["key"] for entry in found.entries] == ["Observation/MRN-1"] and found.about.ids == {"MRN-1"}
    assert [code for code, _ in found.refused] == ["patient_mismatch"]


@pytest.mark.parametrize("change", [{"name": "Ada"}, {"identifier": "MRN-7"}, {"name": [{"given": [None, 5]}]}])
def test_a_patient_who_is_not_valid_still_says_whose_all_is(change: dict[str, Any]) -> None:
    found = read_document(
        bundle({**PATIENT, **change}, lab(), lab(id="x", subject={"reference": "Patient/p2"})), "b.json"
    )
    assert "p1" in found.about.ids and [code for code, _ in found.refused] == ["patient_mismatch"]


def test_without_a_patient_all_must_refer_to_one() -> None:
    found = read_document(bundle(lab(), lab(id="r2", subject={"reference": "Patient/p2"})), "b.json")
    assert found.about.ids == {"p1"} and [code for code, _ in found.refused] == ["patient_mismatch"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bundle(PATIENT, {**PATIENT, "id": "p2"}, lab()), "several_patients"),
        (bundle(PATIENT), "no_content"),
        (bundle(PATIENT, lab(subject=None)), "no_subject"),
        (b'{"resourceType": "Bundle", "entry": [', "unreadable"),
        (bundle(PATIENT, lab()).replace(b"1.9", b"NaN"), "unreadable"),
        (b'{"resourceType": "Bundle", "entry": ' + b"[" * 100_000, "unreadable"),
        (b'{"resourceType": "Bundle", "entry": "none"}', "unreadable"),
        (b'{"resourceType": "Bundle", "entry": [5, null, {"resource": 5}]}', "no_content"),
    ],
)
def test_a_file_that_cannot_be_used(data: bytes, code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_document(data, "b.json")
    assert caught.value.code == code and caught.value.file == "b.json"


def test_a_resource_a_line() -> None:
    data = "\n".join(json.dumps(item) for item in (PATIENT, lab(), lab(id="r2"))).encode()
    found = read_document(data, "b.ndjson")
    assert [entry["pointer"] for entry in found.entries] == ["/1/valueQuantity", "/2/valueQuantity"]


def test_a_torn_line_is_refused_alone() -> None:
    lines = [*(json.dumps(item) for item in (PATIENT, lab())), '{"resourceType": "Obs']
    found = read_document("\r\n".join(lines).encode(), "b.ndjson")
    assert len(found.entries) == 1
    assert found.refused == (("unreadable", "A line is no FHIR resource (/2)."),)


def test_a_bundle_within_a_bundle() -> None:
    inner = json.loads(bundle(lab()))
    [entry] = read(inner).entries
    assert entry["pointer"] == "/entry/1/resource/entry/0/resource/valueQuantity"


@pytest.mark.parametrize("depth", [50, 300, 900, 3000])
def test_what_is_nested_deeply_is_refused_by_name(depth: int) -> None:
    """A chain of extensions is valid at any depth."""
    deep = '{"url": "u", "extension": [' * depth + '{"url": "u", "valueString": "x"}' + "]}" * depth
    raw = bundle(PATIENT, lab(id="ok"), lab(extension=["DEEP"])).replace(b'"DEEP"', deep.encode())
    try:
        found = read_document(raw, "b.json")
    except InputError as error:
        assert error.code == "unreadable" and depth > 300
    else:
        assert "Observation/ok" in {entry["key"] for entry in found.entries}


def test_a_resource_twice_is_one_entry() -> None:
    assert len(read(lab(), lab()).entries) == 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "coding", "text", "reference", "start", "attachment"]), inner)
    ),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_resource_breaks_the_reader(data: st.DataObject) -> None:
    """Whatever stands in its fields, the other resource is read, and this one is read or refused."""
    base = data.draw(st.sampled_from([lab(referenceRange=[], interpretation=[]), *(given for given, _ in CASES)]))
    changes = data.draw(
        st.dictionaries(st.sampled_from([*sorted(base), "meta", "component", "contained"]), _JSON, max_size=3)
    )
    value = {
        "resourceType": "Bundle",
        "entry": [{"resource": item} for item in (PATIENT, lab(id="ok"), {**base, "id": "x", **changes})],
    }
    found = read_fhir([parsed(json.dumps(value))], "b.json")
    assert "Observation/ok" in {entry.key for entry in found.entries}


# ------------------------------------------------------------------ real exports


def test_every_record_of_the_exports_arrives(shared_data: Path) -> None:
    folder = shared_data / "fhir-synthea"
    for file in sorted(folder.glob("*.json")):
        [truth_file] = (folder / "truth").glob(f"{file.stem.rpartition('_')[0]}_*.json")
        truth = json.loads(truth_file.read_text())
        found = [Entry.model_validate(entry) for entry in read_document(file.read_bytes(), file.name).entries]
        labs = [o for o in truth["observations"] if "laboratory" in o["category"]]
        expected = Counter((o["loinc"], o["value"], o["unit"], o["date"], o["name"]) for o in labs)
        assert Counter((e.loinc, e.value, e.unit, e.time, e.title) for e in found if e.type == "lab") == expected
        counts = Counter(entry.type for entry in found)
        assert counts["condition"] == len(truth["conditions"]) == truth["counts"].get("Condition", 0)
        assert counts["imaging"] == len(truth["imaging_studies"])
        assert counts["panel"] + counts["report"] == len(truth["diagnostic_reports"])
        for name, type in (("Encounter", "encounter"), ("MedicationRequest", "medication"), ("Procedure", "procedure")):
            assert counts[type] == truth["counts"].get(name, 0)
        others = counts["vital"] + counts["observation"] + counts["lab"]
        assert others == len(truth["observations"])
