"""Other words for the same claims, never shown to who writes the verifier: what it does with words nobody tuned for."""

from tests.mutators.wordings import Bank

HELD_OUT = Bank(
    nouns={
        "lung_opacity": (
            "{side} sided lung opacity",
            "opacity within the {side} lung",
            "opacification of the {side} lung",
            "lung opacity on the patient's {side}",
        ),
        "pleural_effusion": (
            "{side} sided effusion",
            "effusion in the {side} pleural space",
            "pleural effusion at the {side}",
            "fluid in the {side} pleural cavity",
        ),
    },
    unsided={
        "lung_opacity": ("opacity in the lungs", "pulmonary opacity"),
        "pleural_effusion": ("effusion", "pleural fluid"),
        "cardiomegaly": ("cardiac enlargement", "enlarged cardiac silhouette", "heart enlargement"),
    },
    both={
        "lung_opacity": (
            "Either lung shows an opacity.",
            "Lung opacities, right and left.",
            "Opacities are seen bilaterally.",
        ),
        "pleural_effusion": ("Effusions, right and left.", "Pleural effusions are seen bilaterally."),
    },
    present=(
        "The film shows {a}.",
        "{A} is visible.",
        "{A} can be made out.",
        "{X} is demonstrated.",
        "Findings include {a}.",
        "{X}: present.",
    ),
    absent=(
        "{X} is not identified.",
        "{A} cannot be made out.",
        "The film is negative for {x}.",
        "{X} has been ruled out.",
        "{X}: none.",
        "There isn't any {x}.",
        "Nothing to suggest {a}.",
        "The study is clear of {x}.",
        "The film fails to show {a}.",
        "{A} is missing.",
    ),
    doubt=("Questionable {x}.", "{A} may be present.", "Equivocal for {x}."),
    changes={
        "worse": (
            "{A} has grown since {d}.",
            "{A} is more pronounced than on {d}.",
            "{X} has become more extensive since {d}.",
            "{X} has deteriorated since {d}.",
            "{A} is bigger than on {d}.",
            "{X} shows progression since {d}.",
            "Increasing {x} since {d}.",
        ),
        "better": (
            "{A} has shrunk since {d}.",
            "{A} is less pronounced than on {d}.",
            "{X} has regressed since {d}.",
            "{A} has lessened since {d}.",
            "{X} has partly cleared since {d}.",
            "Decreasing {x} since {d}.",
            "{X} shows improvement since {d}.",
        ),
        "stable": (
            "{A} has stayed the same since {d}.",
            "{X} shows no interval change since {d}.",
            "{A} remains as it was on {d}.",
            "{X} persists without change since {d}.",
            "{A} is the same as on {d}.",
            "{X} is constant since {d}.",
        ),
        "new": (
            "{A} has developed since {d}.",
            "{X} has arisen since {d}.",
            "{A} was not yet there on {d}.",
            "{X} emerged after {d}.",
            "{A} is a fresh finding since {d}.",
        ),
        "resolved": (
            "{X} has vanished since {d}.",
            "The {x} of {d} can no longer be made out.",
            "The {x} of {d} has gone.",
            "The {x} of {d} is not seen any more.",
            "The {x} has disappeared since {d}.",
            "Complete resolution of the {x} since {d}.",
        ),
    },
    spellings=("%d.%m.%Y", "%b %d, %Y", "%d-%b-%Y", "%Y.%m.%d", "the %d of %B, %Y"),
    results=(
        "On {day}, {name} measured {value} {unit} ({ref}): {flag}.",
        "{name}: {value} {unit} ({flag}, {ref}), taken on {day}.",
        "{name} of {value} {unit} on {day}, {flag} for a {ref}.",
    ),
    sizes=("spanning 14 millimetres", "with a diameter of 2 cm", "as large as 4 x 5 cm", "half an inch wide"),
    counts=("a pair of them", "several of them", "five altogether"),
    findings=("and rib fractures", "with emphysema", "next to a hilar mass"),
    advice=(
        "A CT would be useful.",
        "Please repeat the film tomorrow.",
        "Clinical correlation is suggested.",
        "Consider drainage.",
    ),
    placeholders=("{fill in}", "...", "??", "[ ]", "N/A", "xxx"),
    side_added=("{X}, left.", "{X} on the patient's right.", "{X} towards the left side."),
)
