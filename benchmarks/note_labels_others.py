"""What eight notes of two further houses state, labelled as in note_labels.py, before any rule's answer was looked at.

"aci" and a number: ACI-BENCH's test 1 (Yim et al., Sci Data 2023, CC BY 4.0), by index; else the id of a note of the
synthetic oncology patient (MIT).
"""

from benchmarks.note_labels import Labels

OTHER_HOUSES: dict[str, Labels] = {
    "aci 28": {
        ("problem", "present"): ("shoulder pain", "sore", "foot pain", "ankle pain", "rotator cuff tendinopathy"),
        ("problem", "absent"): ("numbness", "restriction"),
        ("problem", "uncertain"): ("rotator cuff tear",),
        ("problem", "any"): ("pain", "fracture"),
        ("medication", "present"): ("advil", "tylenol as needed"),
        ("medication", "uncertain"): ("cortisone",),
        ("question", "uncertain"): ("rotator cuff tear",),
    },
    "aci 31": {
        ("problem", "present"): ("asthma", "coughing", "wheezing"),
        ("problem", "any"): ("exacerbations", "seasonal allergies"),
        ("medication", "present"): (
            *("albuterol inhaler, 2 puffs", "flovent 110 mcg 1 puff twice per day", "inhaled steroid"),
            *("ventolin inhaler 2 puffs every 4 to 6 hours as needed", "albuterol inhaler 1 to 2 puffs"),
        ),
        ("medication", "any"): ("inhaler", "steroid"),
        ("allergy", "absent"): ("seasonal allergies",),
    },
    "aci 33": {
        ("problem", "present"): (
            *("knee pain", "hypertension", "tonsillectomy", "swelling", "medial collateral ligament strain"),
        ),
        ("problem", "absent"): ("numbness", "tingling"),
        ("problem", "any"): ("pain", "injury", "injuries", "elevated readings"),
        ("medication", "present"): ("lisinopril 20 mg once a day", "lisinopril 20 mg a day", "meloxicam 15 mg"),
        ("medication", "any"): ("tetanus vaccine",),
    },
    "aci 35": {
        ("problem", "present"): (
            *("difficulty swallowing", "diabetes", "hypertension", "dysphagia", "high blood pressure"),
        ),
        ("problem", "absent"): (
            *("cough", "hematochezia", "vomiting blood", "coughing up blood", "weight changes", "chest pain", "nausea"),
            *("shortness of breath", "hemoptysis", "hematemesis", "vomiting", "diarrhea"),
        ),
        ("problem", "uncertain"): ("reflux", "narrowing"),
        ("problem", "any"): ("coughing", "painful", "choking", "lower blood pressure"),
        ("medication", "present"): ("metformin 500 mg twice a day", "norvasc", "prilosec 20 mg once a day"),
        ("medication", "any"): ("prilosec", "metformin"),
        ("question", "any"): ("narrowing",),
    },
    "aci 37": {
        ("problem", "present"): ("facial pain", "headaches", "trigeminal neuralgia"),
        ("problem", "absent"): (
            *("left sided facial pain", "vision changes", "weakness in right eye", "sensory loss", "numbness"),
            *("tingling", "facial weakness"),
        ),
        ("problem", "any"): ("compression",),
        ("medication", "present"): ("tegretol",),
        ("medication", "uncertain"): ("gabapentin",),
    },
    "0ab80fbd-9c7a-4bce-abd8-1ba44c86ec94": {
        ("problem", "any"): ("tsh",),
        ("medication", "present"): ("levothyroxine 25 mcg daily",),
    },
    "86a93cdb-da8b-4c9a-b07c-641a19fb5ed9": {
        ("problem", "present"): ("breast cancer",),
        ("problem", "absent"): ("nausea", "vomiting", "diarrhea", "fatigue"),
        ("medication", "any"): (
            *("carboplatin", "dexamethasone", "decadron", "diphenhydramine", "famotidine", "nacl", "paclitaxel"),
            *("netupitant", "pembrolizumab", "keytruda"),
        ),
        ("medication", "present"): (
            *("carboplatin", "dexamethasone", "diphenhydramine", "famotidine", "nacl", "paclitaxel", "palonosetron"),
            *("pembrolizumab", "chemotherapy"),
        ),
        ("allergy", "absent"): ("no known allergies",),
    },
    "91ad6865-6998-4f5b-89f0-3efc4d641c9c": {
        ("problem", "present"): (
            *("lung cancer", "pneumonia", "pulmonary opacity", "pulmonary nodules", "nodule", "adenopathy"),
            *("metastatic non-small cell carcinoma", "non-small cell carcinoma"),
        ),
        ("problem", "uncertain"): ("soft tissue mass", "malignancy", "adenocarcinoma"),
        ("problem", "any"): ("nodule", "opacity", "enlargement", "air bronchograms"),
    },
}
