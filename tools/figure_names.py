"""The figures of each task of `prelim evaluate`: what they are called, and what they are."""

UNCALIBRATED = "_uncalibrated"
"""Ends the name of a figure of the model's own answers, without what was fitted."""
Names = dict[str, tuple[str, str]]
FIGURES: dict[str, Names] = {
    "findings": {
        "macro_f1": ("Macro F1", "mean over findings of F1, of the answers that were given"),
        "macro_f1_forced": ("Macro F1, forced", "no answer may abstain: to be held against published figures"),
        "macro_f1_forced_five": ("Macro F1 of five, forced", "of CheXpert's five findings, as published figures are"),
        "abstention": ("Abstention", "share of questions that got no answer"),
        "risk": ("Risk", "share of the answers given that is wrong"),
        "ece": ("Calibration error", "mean distance of probability and frequency, in ten bins; resampling enlarges it"),
        "aurc": ("Area under risk", "mean share wrong over all shares answered, the surest first"),
        "f1": ("F1", "harmonic mean of precision and recall, of the answers that were given"),
        "f1_forced": ("F1, forced", "no answer may abstain"),
        "precision": ("Precision", "share of those told present that are"),
        "recall": ("Recall", "share of those present, where an answer was given, that were told"),
        "specificity": ("Specificity", "share of those absent, where an answer was given, that were told so"),
    },
    "localization": {
        "macro_iou": ("Macro IoU", "mean over labels of intersection over union"),
        "macro_iou_at_50": ("Macro IoU ≥ 0.5", "mean over labels of the share of boxes that are met so well"),
        "macro_no_answer": ("Macro no answer", "mean over labels of the share of boxes that none was given for"),
        "iou": ("IoU", "intersection over union with the true box; without an answer 0"),
        "iou_at_50": ("IoU ≥ 0.5", "share of true boxes that are met so well"),
        "no_answer": ("No answer", "share of true boxes for which none was given"),
    },
    "longitudinal": {
        "macro_accuracy": ("Macro accuracy", "mean over better, stable, worse, then findings, of the share told right"),
        "macro_accuracy_forced": ("Macro accuracy, forced", "of the order [earlier, later] alone: none may abstain"),
        "accuracy": ("Accuracy", "share of a class that was told right; an abstention is not"),
        "accuracy_forced": ("Accuracy, forced", "of the order [earlier, later] alone: none may abstain"),
        "abstention": ("Abstention", "share of changes that were not told"),
        "risk": ("Risk", "share of the changes told that is wrong"),
        "swap_inconsistency": ("Swap inconsistency", "share where the swapped order did not say the inverse"),
    },
    "labs": {
        "micro_f1": ("Micro F1", "of all rows; a row is right in name, value, comparator and unit together"),
        "macro_f1": ("Macro F1", "mean over reports of the F1 of their rows"),
        "precision": ("Precision", "share of the rows read that are there"),
        "recall": ("Recall", "share of the rows there that were read"),
        "f1": ("F1", "of one field alone"),
    },
    "report": {
        "micro_f1": ("Micro F1", "of all findings named, as present or as absent"),
        "macro_f1": ("Macro F1", "mean over findings of F1"),
        "f1": ("F1", "of one finding, as present or as absent"),
        "side_right": ("Side right", "share of findings named by both with the same side"),
        "radgraph_f1": ("RadGraph F1", "overlap of entities and relations (Jain et al., 2021)"),
    },
    "retrieval": {
        "mean_reciprocal_rank": ("Mean reciprocal rank", "of the first record that answers; 0 where none is found"),
    },
    "chat": {
        "outcome": ("Outcome right", "answered, declined or not in record, as it should be"),
        "exact": ("Exact", "share of answers with value, unit and date as recorded"),
        "cited": ("Cited", "share of answers whose quotes hold what they say"),
        "refused": ("Refused", "share of what cannot be answered that was refused as such"),
        "right": ("Right", "outcome and answer right, of one kind of question"),
    },
}


def name_of(task: str, figure: str) -> str:
    """A figure's name in words."""
    plain = figure.removesuffix(UNCALIBRATED)
    known = FIGURES.get(task, {}).get(plain)
    words = known[0] if known else plain[:1].upper() + plain[1:].replace("_", " ")
    return words if plain == figure else f"{words}, uncalibrated"
