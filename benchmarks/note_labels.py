"""What sixteen of PriMock57's notes state, labelled by hand before the rules' answers were looked at.

Where rules and `COMPARED` differed, mistakes of a general kind were mended; `HELD_OUT` was labelled after that.

A label is a few words of the note in lower case. Left out: relatives, examinations, and what is only warned of. "any":
the note does not decide (a remedy that was tried). PriMock57 is CC BY 4.0 (Papadopoulos Korfiatis et al., 2022).
"""

Labels = dict[tuple[str, str], tuple[str, ...]]
COMPARED: dict[str, Labels] = {
    "day1_consultation05": {
        ("problem", "present"): ("abdo pain", "suprapubic pain", "pink coloured urine", "nausea", "hot", "sweaty"),
        ("problem", "absent"): (
            *("bowel sx", "haematuria", "dysuria", "vomiting", "chest pain", "sob", "palpitations", "headaches"),
            "visual sx",
        ),
        ("problem", "uncertain"): ("uti", "pregnancy"),
        ("medication", "present"): ("implanon", "abx", "paracetamol"),
        ("question", "uncertain"): ("uti", "pregnancy"),
    },
    "day1_consultation07": {
        ("problem", "present"): (
            *("unwell", "cough", "cold sx", "sob", "hot/cold", "sweaty", "sore throat", "blocked ears", "myalgia"),
            *("arthralgia", "stiffness", "obesity", "diabetes", "hypertension", "urti"),
        ),
        ("problem", "absent"): ("chest pain", "fevers", "nausea", "vomiting", "bowel symptoms"),
        ("problem", "uncertain"): ("lrti",),
        ("medication", "present"): ("metformin", "lisinopril", "aspirin", "paracetamol"),
        ("medication", "uncertain"): ("amoxicillin",),
        ("allergy", "absent"): ("nkda",),
        ("question", "uncertain"): ("lrti",),
    },
    "day1_consultation09": {
        ("problem", "present"): (
            *("dysuria", "suprapubic pain", "haematuria", "foul smelling", "abdo pain", "ibs", "uti", "cystitis"),
        ),
        ("problem", "absent"): ("frequency", "nausea", "vomiting", "fever", "bowel sx", "discharge"),
        ("problem", "any"): ("pregnancy",),
        ("medication", "present"): ("nitrofurantoin",),
        ("allergy", "present"): ("clindamycin",),
        ("question", "uncertain"): ("pregnancy",),
    },
    "day1_consultation11": {
        ("problem", "present"): (
            *("diarrhea", "watery stools", "abdo pain", "nauseous", "vomited", "feverish", "hot/cold", "less urine"),
            "gastroenteritis",
        ),
        ("problem", "absent"): ("blood in stools", "urinary sx", "weight loss"),
        ("medication", "present"): ("diarolyte", "paracetamol"),
        ("allergy", "absent"): ("nkda",),
    },
    "day1_consultation13": {
        ("problem", "present"): ("headache", "visual aura", "photophobia", "nauseous", "migraines"),
        ("problem", "absent"): (
            *("visual sx", "vomiting", "neck pain", "stiffness", "speech disturbances", "weakness", "head injury"),
            *("fevers", "rashes"),
        ),
        ("problem", "uncertain"): ("stress", "dehydration"),
        ("medication", "present"): ("paracetamol", "nsaids"),
        ("medication", "any"): ("ibuprofen",),
        ("allergy", "absent"): ("nkda",),
        ("question", "uncertain"): ("stress",),
    },
    "day1_consultation15": {
        ("problem", "present"): ("cracked skin", "itchy", "bleeding", "type 2 diabetes", "contact dermatitis"),
        ("problem", "absent"): ("pain", "fever", "urinary sx"),
        ("medication", "present"): ("metformin", "steroid cream", "emollients"),
        ("medication", "any"): ("e45 cream", "antihistamines"),
        ("allergy", "absent"): ("nkda",),
    },
    "day2_consultation02": {
        ("problem", "present"): ("elbow swelling",),
        ("problem", "absent"): ("painful", "trauma"),
        ("problem", "uncertain"): ("oa", "bursitis"),
        ("medication", "present"): ("nsaids",),
        ("allergy", "present"): ("peanuts",),
    },
    "day2_consultation04": {
        ("problem", "present"): (
            *("sob", "pleuritic pain", "feeling warm", "haemoptysis", "palpitations", "tatt", "fatigue", "sle"),
        ),
        ("problem", "absent"): ("dvt", "pes"),
        ("problem", "uncertain"): ("lrti", "immunosuppression"),
        ("medication", "present"): ("methotrexate",),
        ("allergy", "absent"): ("no allergies",),
    },
    "day2_consultation06": {
        ("problem", "present"): (
            *("difficulty breathing", "lip swelling", "rash", "anxiety", "panicked", "inflammatory reaction"),
            *("insect bite", "wasp bite"),
        ),
        ("problem", "absent"): ("anaphylaxis", "anaphylactic reaction", "cellulitis"),
        ("medication", "present"): ("antihistamines",),
        ("medication", "absent"): ("epipen",),
    },
    "day2_consultation08": {
        ("problem", "present"): (
            *("fever", "sweatiness", "aches", "nausea", "fatigue", "night sweats", "hot/cold", "back pain", "puo"),
            "hayfever",
        ),
        ("problem", "absent"): (
            *("cough", "sore throat", "runny nose", "ear pain", "diarrhea", "neck stiffness", "rash"),
            *("joint swelling", "dysuria", "frequency"),
        ),
        ("problem", "any"): ("headache",),
        ("problem", "uncertain"): ("malaria", "muscular"),
        ("medication", "present"): ("ibuprofen", "paracetamol", "cerazette"),
        ("medication", "any"): ("malaria prevention",),
        ("allergy", "absent"): ("nil allergies",),
        ("question", "uncertain"): ("malaria",),
    },
}
HELD_OUT: dict[str, Labels] = {
    "day1_consultation06": {
        ("problem", "present"): ("sob", "cough", "ankle odema", "heart failure", "polyuria"),
        ("problem", "absent"): ("sob", "chest pain", "palpitations", "fevers"),
        ("problem", "uncertain"): ("unstable angina",),
        ("medication", "present"): ("diuretics", "furosemide", "aspirin", "bisoprolol", "simvastatin"),
        ("allergy", "absent"): ("nkda",),
        ("question", "uncertain"): ("unstable angina",),
    },
    "day1_consultation08": {
        ("problem", "present"): ("itchy skin", "lactose intolerance", "stress", "dermatitis"),
        ("problem", "absent"): (
            *("bleeding", "discharge", "cracked skin", "skin problems", "fevers", "vomiting", "nausea", "urinary sx"),
        ),
        ("medication", "present"): ("microgynon", "steroid cream", "emollients", "antihistamines"),
        ("allergy", "absent"): ("nkda",),
    },
    "day1_consultation10": {
        ("problem", "present"): ("dysuria", "frequency", "suprapubic pain", "pink", "ibs", "uti"),
        ("problem", "absent"): ("haematuria", "nausea", "vomiting", "fevers", "bowel sx", "discharge"),
        ("medication", "present"): ("cocp", "mebeverine", "nitrofurantoin", "analgesia"),
        ("allergy", "present"): ("clindamycin",),
    },
    "day2_consultation03": {
        ("problem", "present"): (
            *("difficulty hearing", "facial numbness", "tinnitus", "numbness", "labyrinthitis", "heart burn"),
            "nasal polyps",
        ),
        ("problem", "absent"): (
            *("dysphagia", "dysarthria", "weakness", "visual disturbances", "ear pain", "ear discharge", "fever"),
            "itchiness",
        ),
        ("problem", "uncertain"): ("bell's palsy", "focal neurology"),
        ("medication", "present"): ("rennies", "nasal spray"),
        ("allergy", "present"): ("latex",),
        ("question", "uncertain"): ("bell's palsy", "focal neurology"),
    },
    "day2_consultation07": {
        ("problem", "present"): (
            *("chest pain", "nausea", "sweatiness", "palpitations", "hypertension", "overweight", "cardiac event"),
        ),
        ("problem", "any"): ("pain",),
        ("allergy", "present"): ("aspirin",),
    },
    "day2_consultation10": {
        ("problem", "present"): (
            "headache",
            "sensitivity to bright lights",
            "dizzy",
            "anxiety",
            "tension type headache",
        ),
        ("problem", "absent"): ("neck stiffness", "fever", "nausea", "self harm"),
        ("problem", "uncertain"): ("migraine",),
        ("problem", "any"): ("pain", "anxious"),
        ("medication", "present"): ("sertraline", "paracetamol", "ibuprofen"),
        ("allergy", "absent"): ("nkda",),
    },
}
