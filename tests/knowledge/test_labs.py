"""The laboratory table: codes that are codes, names that are found, and what public sources say of both."""

import csv
import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from prelim.knowledge import labs
from prelim.knowledge.labs import lab_table, specimen_of
from prelim.knowledge.unit_names import property_of, ucum_of, unit_table

FILES = sorted((Path(labs.__file__).parent / "laboratory").glob("*.yaml"))
_ATOMS = {"C": 12.011, "H": 1.008, "N": 14.007, "O": 15.999, "S": 32.06, "I": 126.904, "P": 30.974, "Co": 58.933}
"""Standard atomic weights (IUPAC 2021, abridged)."""
FORMULAS = {
    "creatinine": "C4H7N3O",
    "urea": "CH4N2O",
    "urea_nitrogen": "N2",
    "uric_acid": "C5H4N4O3",
    "glucose": "C6H12O6",
    "lactate": "C3H6O3",
    "ammonia": "NH3",
    "homocysteine": "C4H9NO2S",
    "beta_hydroxybutyrate": "C4H8O3",
    "bilirubin": "C33H36N4O6",
    "cholesterol": "C27H46O",
    "triglycerides": "C57H104O6",
    "vitamin_b12": "C63H88CoN14O14P",
    "folate": "C19H19N7O6",
    "vitamin_d_25": "C27H44O2",
    "vitamin_d_1_25": "C27H44O3",
    "vitamin_a": "C20H30O",
    "vitamin_c": "C6H8O6",
    "free_t4": "C15H11I4NO4",
    "free_t3": "C15H12I3NO4",
    "cortisol": "C21H30O5",
    "aldosterone": "C21H28O5",
    "estradiol": "C18H24O2",
    "progesterone": "C21H30O2",
    "testosterone": "C19H28O2",
    "dhea_sulfate": "C19H28O5S",
    "androstenedione": "C19H26O2",
    "hydroxyprogesterone_17": "C21H30O3",
    "digoxin": "C41H64O14",
    "phenytoin": "C15H12N2O2",
    "valproate": "C8H16O2",
    "carbamazepine": "C15H12N2O",
    "phenobarbital": "C12H12N2O3",
    "theophylline": "C7H8N4O2",
    "caffeine": "C8H10N4O2",
    "methotrexate": "C20H22N8O5",
    "acetaminophen": "C8H9NO2",
    "salicylate": "C7H6O3",
    "ethanol": "C2H6O",
    "hiaa_5": "C10H9NO3",
    "vanillylmandelate": "C9H10O5",
}
COMMONEST = re.findall(
    r"\w+",
    """sodium potassium chloride bicarbonate calcium ionized_calcium magnesium phosphate creatinine urea
    uric_acid glucose hba1c lactate ammonia total_protein albumin bilirubin direct_bilirubin alt ast ggt
    alkaline_phosphatase ldh creatine_kinase lipase amylase cholesterol hdl_cholesterol ldl_cholesterol triglycerides
    iron ferritin transferrin crp procalcitonin troponin_i troponin_t_hs tsh free_t4 free_t3 cortisol hemoglobin
    hematocrit leukocytes erythrocytes platelets mcv mch mchc neutrophils lymphocytes monocytes eosinophils basophils
    reticulocytes esr prothrombin_activity aptt fibrinogen d_dimer vitamin_b12 folate""",
)


@cache
def entries() -> dict[str, dict[str, Any]]:
    return {key: entry for path in FILES for key, entry in yaml.safe_load(path.read_text(encoding="utf-8")).items()}


def check_digit(code: str) -> int:
    """LOINC's, mod 10: every second digit from the right doubled, its digits summed (LOINC Users' Guide, appendix)."""
    digits = [int(digit) for digit in reversed(code.split("-")[0])]
    doubled = [sum(divmod(2 * digit, 10)) if at % 2 == 0 else digit for at, digit in enumerate(digits)]
    return -sum(doubled) % 10


# ------------------------------------------------------------------ the table by itself


def test_the_table_is_large_enough() -> None:
    table = lab_table()
    assert len([one for one in table.analytes.values() if one.codes]) == len(table.analytes) >= 350
    assert len(table.codes) >= 750


def test_every_code_has_its_check_digit() -> None:
    """A digit that is wrong, or two that changed places, show."""
    codes = lab_table().codes
    assert not [code for code in codes if not re.fullmatch(r"\d{3,5}-\d", code)]
    assert not [code for code in codes if int(code[-1]) != check_digit(code)]
    assert check_digit("2160-0") == 0 and check_digit("2106-0") == 3


def test_a_code_means_one_thing() -> None:
    """One analyte; one property, but for a ratio that some print without its unit."""
    meant = defaultdict(set)
    for entry_key, entry in entries().items():
        for specimen, kind, some in labs._by_specimen(entry):
            for code in some:
                meant[code].add((entry_key, kind))
                assert kind in set(unit_table().properties.values()), (entry_key, kind)
                assert specimen in set(labs.specimens().values()), (entry_key, specimen)
    twice = {code: found for code, found in meant.items() if len(found) > 1}
    assert {key for found in twice.values() for key, _ in found} == {"protein_creatinine_ratio", "ana_titre", "ph"}
    assert all(len({key for key, _ in found}) == 1 for found in twice.values())


def test_no_entry_has_a_key_that_nothing_reads() -> None:
    known = {"en", "de", "es", "fr", "series", "molar_mass", "valence", "change", "linear", "any_blood", "home"}
    known |= set(labs.specimens().values())
    assert not {name for entry in entries().values() for name in entry} - known
    keys = [line for path in FILES for line in path.read_text(encoding="utf-8").splitlines() if re.match(r"\w+:", line)]
    assert len(entries()) == len(keys), "no key stands twice"
    assert all(one.series in lab_table().analytes for one in lab_table().analytes.values())


def test_the_commonest_have_names_in_four_languages() -> None:
    """Cortisol is cortisol everywhere."""
    abroad = {
        key: [name for tongue in ("de", "es", "fr") for name in entries()[key].get(tongue, ())] for key in COMMONEST
    }
    assert len(COMMONEST) >= 60
    assert all(abroad.values())
    assert sum(len(names) >= 2 for names in abroad.values()) >= 50


@pytest.mark.parametrize("key", FORMULAS)
def test_a_molar_mass_is_that_of_the_formula(key: str) -> None:
    parts = re.findall(r"([A-Z][a-z]?)(\d*)", FORMULAS[key])
    mass = sum(_ATOMS[atom] * int(count or 1) for atom, count in parts)
    assert lab_table().analytes[key].molar_mass == pytest.approx(mass, rel=3e-4)


# ------------------------------------------------------------------ names


def test_a_name_that_two_analytes_share_leaves_no_doubt() -> None:
    """PCT is a mass or a fraction: procalcitonin or plateletcrit. The specimen and the unit decide."""
    table = lab_table()
    for name, keys in table.names.items():
        coded = [(place, kind) for key in keys for place, by in table.analytes[key].codes.items() for kind in by]
        assert len(coded) == len(set(coded)), name


@pytest.mark.parametrize(
    ("name", "unit", "code"),
    [
        ("Creatinine", "mg/dL", "2160-0"),
        ("Kreatinin", "µmol/l", "14682-9"),
        ("CREATININA", "mg/dl", "2160-0"),
        ("Créatinine", "µmol/L", "14682-9"),
        ("Creatinine, Urine", "mg/dL", "2161-8"),
        ("Kreatinin im Urin", "mmol/l", "14683-7"),
        ("U-Kreatinin", "mmol/l", "14683-7"),
        ("24 hr Creatinine", "mg/24h", "2162-6"),
        ("Bilirubin, Total", "umol/L", "14631-6"),
        ("Total Bilirubin", "mg/dL", "1975-2"),
        ("ALT (SGPT)", "U/L", "1742-6"),
        ("GPT (ALAT)", "IU/L", "1742-6"),
        ("Hämoglobin", "g/dl", "718-7"),
        ("Neutrophils", "%", "770-8"),
        ("Neutrophils", "10^9/L", "751-8"),
        ("RDW", "%", "788-0"),
        ("RDW", "fL", "21000-5"),
        ("PT", "sec", "5902-2"),
        ("PT", "%", "5894-1"),
        ("PT (INR)", "", "6301-6"),
        ("INR", "", "6301-6"),
        ("INR", "ratio", "6301-6"),
        ("pH", "", "11558-4"),
        ("pH", "units", "11558-4"),
        ("Tissue Transglutaminase Ab, IgA", "units", None),
        ("PCT", "ng/mL", "33959-8"),
        ("PCT", "%", "51637-7"),
        ("Nitrite", "", "5802-4"),
        ("HBsAg", "", "5196-1"),
        ("Glucose, CSF", "mg/dL", "2342-4"),
        ("Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", "6690-2"),
        ("Hemoglobin A1c/Hemoglobin.total in Blood", "%", "4548-4"),
        ("HbA1c", "mmol/mol", "59261-8"),
        ("D-Dimer", "ng/mL FEU", "48065-7"),
        # What a code would name is not told, or is told twice.
        ("D-Dimer", "ng/mL", None),
        ("Creatinine", "", None),
        ("Creatinine", "furlongs", None),
        ("Creatinine", "%", None),
        ("CMV IgG Ab Value", "", None),
        ("Bilirubin", "mg/dL", "1975-2"),
        ("Urine Color", "", "5778-6"),
        ("Color", "", None),
        ("P-Amylase", "U/L", None),
        ("Opiates", "", None),
        ("Opiate Screen, Urine", "", "19295-5"),
        ("Ca++", "mmol/L", None),
        ("Na+", "mmol/L", "2951-2"),
        ("Rumpelstiltskin", "mg/dL", None),
        ("", "mg/dL", None),
    ],
)
def test_a_printed_name_and_unit_are_coded(name: str, unit: str, code: str | None) -> None:
    assert lab_table().loinc(name, lab_table().ucum(unit)) == code


def test_the_specimen_decides() -> None:
    found = {
        specimen: lab_table().loinc("Glucose", "mg/dL", specimen)
        for specimen in (None, "Serum", "Whole blood", "capillary_blood", "Urine", "Harn", "Liquor", "Pleural fluid")
    }
    assert found == {
        None: "2345-7",
        "Serum": "2345-7",
        "Whole blood": "2339-0",
        "capillary_blood": "32016-8",
        "Urine": "2350-7",
        "Harn": "2350-7",
        "Liquor": "2342-4",
        "Pleural fluid": "2346-5",
    }
    assert lab_table().loinc("Glucose", "mg/dL", "tears") is None, "no code for a specimen that is not known"
    assert lab_table().loinc("Creatinine, Serum", "mg/dL", "Urine") == "2160-0", "a name is nearer than its section"
    assert lab_table().loinc("pO2", "mm[Hg]", "arterial") == "2703-7"
    assert lab_table().loinc("Hemoglobin", "g/dL", "arterial") == "718-7", "blood from any vessel"


def test_a_dimensionless_result_is_not_one_without_a_known_unit() -> None:
    assert lab_table().ucum("") == "1"
    assert lab_table().loinc("INR", None) is None


# ------------------------------------------------------------------ what others say

DISAGREEMENTS = {
    # MIMIC codes the presence, with a unit of a titre: ours by the unit.
    ("Double Stranded DNA", "Blood"): "5130-0",
    # Its "Blood" is what a laboratory draws: serum alcohol, not whole blood.
    ("Ethanol", "Blood"): "5643-2",
    # Microalbumin is the older name; ratios in spot urine are not those of 24 hours.
    ("Albumin, Urine", "Urine"): "1754-1",
    ("Albumin/Creatinine, Urine", "Urine"): "9318-7",
    # By test strip: the name does not say so.
    ("Protein", "Urine"): "2888-6",
    # It calls the pH of a fluid that of arterial blood.
    ("pH", "Fluid"): "2748-2",
    # Three codes for one test in the same table; ours is that of "Hepatitis B Surface Antibody".
    ("Anti-hbs", "Blood"): "22322-2",
    ("Anti Hbs", "Blood"): "22322-2",
}
"""Rows of MIMIC's map that were read, and are not followed."""


def test_the_codes_are_those_of_mimics_map(shared_data: Path) -> None:
    """Where label, fluid and unit name a test of ours, its code is one that either of MIMIC's two maps gives."""
    folder = shared_data / "lab-loinc" / "mimic-iv" / "mapping"
    with (folder / "d_labitems_to_loinc.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    theirs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        theirs[row["label"], row["fluid"]].add(row["omop_concept_code"])
    agreed, differing = set(), {}
    for row in (row for row in rows if row["omop_concept_code"]):
        place = "whole blood" if (row["fluid"], row["category"]) == ("Blood", "Blood Gas") else row["fluid"]
        for unit in [unit for unit in row["valueuom"].split("|") if unit not in ("N/A", "#ERROR!")] or [""]:
            ours = lab_table().loinc(row["label"], ucum_of(unit), place)
            if ours and ours not in theirs[row["label"], row["fluid"]]:
                differing[row["label"], row["fluid"]] = ours
            elif ours:
                agreed.add((row["label"], row["fluid"], unit))
    assert differing == DISAGREEMENTS
    assert len(agreed) >= 510


METHOD_NOT_PRINTED = {"33914-3": "69405-9", "18262-6": "2089-1"}
"""Codes that name a formula (MDRD) or a method (direct assay) which the printed name leaves open: ours name none."""


def test_every_lab_of_the_fhir_export_is_coded(shared_data: Path) -> None:
    """The export's metabolic panel is of whole blood, a paper that names no specimen is taken for serum."""
    truths = sorted((shared_data / "fhir-synthea" / "truth").glob("*.json"))
    observations = [one for path in truths for one in json.loads(path.read_text())["observations"]]
    results = [one for one in observations if "laboratory" in one["category"]]
    assert len(results) > 100
    for one in results:
        unit = ucum_of(one["unit"])
        assert unit == one["code"] and property_of(one["code"])
        given = {lab_table().loinc(one["name"], unit, specimen) for specimen in (None, "whole blood")}
        assert METHOD_NOT_PRINTED.get(one["loinc"], one["loinc"]) in given, one["name"]
        quantities = {lab_table().codes[code].quantity for code in given - {None} | {one["loinc"]}}  # type: ignore[index]
        assert len(quantities) == 1, "what is followed over time is the same"


def test_specimens() -> None:
    assert [specimen_of(text) for text in ("Ser/Plas", "Cerebrospinal Fluid", "24h Urine", "")] == [
        "blood",
        "csf",
        "urine",
        None,
    ]
