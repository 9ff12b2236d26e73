"""What a clause states, denies or doubts, and of whom and when."""

import pytest

from prelim.documents.assertions import assertion_of, context_of

SENTENCES = """
No fever, cough or *dyspnoea*. | absent
No fever, *cough* or dyspnoea. | absent
Denies chest *pain*. | absent
The patient denies *fever* but reports a *cough*. | absent present
*Asthma*, no known *diabetes*. | present absent
No *oedema*; *ascites* is present. | absent present
No *effusion*, stable *nodule*. | absent present
No *effusion* although a *nodule* is seen. | absent present
*Swelling* with no *fracture*. | present absent
*Nodule*, which was seen before, has resolved. | absent
*Effusion* and *nodule* are not seen. | absent absent
Stable *nodule*, the *effusion* has cleared. | present absent
The *nodule* is stable and the *effusion* has resolved. | present absent
No *nodule* is suspected. | absent
No evidence of possible *pneumonia*. | absent
*Pneumonia* cannot be excluded. | uncertain
*Oedema* difficult to entirely exclude. | uncertain
It is hard to exclude a small *effusion*. | uncertain
Not excluded: *pneumonia*. | present
Looked for: *nodule*, *effusion* and *fracture*. Nothing else was looked for. | uncertain uncertain uncertain
Not assessed (film of 2025-01-03): presence of *nodule* and *effusion*. | uncertain uncertain
No *effusion* and cannot exclude *pneumonia*. | absent uncertain
No *effusion*, possible *pneumonia*. | absent uncertain
*Scar* or *nodule*. | uncertain uncertain
Two or more *nodules*. | present
*Pneumonia* is unlikely. | uncertain
*Pneumonia* is likely. | present
Consistent with *pneumonia*. | present
Not without *pain*. | present
No doubt *pneumonia*. | present
Not only *pneumonia*. | present
No change in the *nodule*. | present
Without change, a *nodule*. | present
Not free of *pain*. | present
*Pain* has not resolved. | present
The *aorta* is unremarkable. | absent
*Pain*: none. | absent
There is no *mass*. There is a *cyst*. | absent present
Feeling warm (not measured), *haemoptysis* since. | present
Nil of note, *back pain*. | present
"""


@pytest.mark.parametrize("case", SENTENCES.strip().splitlines())
def test_each_mention_of_a_sentence(case: str) -> None:
    marked, _, states = case.partition(" | ")
    parts = marked.split("*")
    sentence = "".join(parts)
    spans = [(len("".join(parts[:at])), len("".join(parts[: at + 1]))) for at in range(1, len(parts), 2)]
    assert [assertion_of(sentence, *span) for span in spans] == states.split()


@pytest.mark.parametrize(
    ("sentence", "name", "time", "of_patient"),
    [
        ("History of pneumonia.", "pneumonia", "earlier", True),
        ("Status post fracture, now nodule.", "fracture", "earlier", True),
        ("Evaluate for pneumonia.", "pneumonia", "hypothetical", True),
        ("Return if fever develops.", "fever", "hypothetical", True),
        ("Mother has diabetes.", "diabetes", "now", False),
        ("Pneumonia.", "Pneumonia", "now", True),
    ],
)
def test_the_past_what_is_looked_for_and_others(sentence: str, name: str, time: str, of_patient: bool) -> None:
    start = sentence.index(name)
    context = context_of(sentence, start, start + len(name))
    assert (context.time, context.of_patient) == (time, of_patient)


def test_what_is_only_looked_for_is_uncertain() -> None:
    assert assertion_of("Rule out fracture.", 9, 17) == "uncertain"


def test_a_language_without_words_is_said() -> None:
    with pytest.raises(KeyError):
        assertion_of("Kein Erguss.", 5, 11, language="xx")
