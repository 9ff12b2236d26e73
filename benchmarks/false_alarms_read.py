"""What a reader made of each flag of the verifier on real text: by collection, report, sentence (0: none) and check.

A flag is right where the sentence does say something else, or more, than its evidence: what a person at the review
should see. Read once; where a change of the rules makes a new one, it counts as not yet read. `own`: a sentence of the
evidence against the evidence itself.
"""

RIGHT = "right"
INFERRED = "right: names what the evidence only describes"
BLANKED = "right: a blank left by de-identification"
SELF = "right: the report contradicts itself"
KIND = "false: the finding is named by a kind of it, or by what it was taken for"
OLD = "false: what is old or benign needs no place in an impression"
READING = "false: our reading of the evidence, or of the sentence, is wrong"
NEIGHBOUR = "false: a word of change or doubt that belongs to something else"
SEVERAL = "false: there are several of a kind, and another one is meant"
LISTED = "false: the number of an item in a list"
_OPENI = {
    RIGHT: """1691 0 omission, 2887 0 omission, 2887 1 change, 2957 0 omission, 2957 2 negation, 463 1 size,
        509 2 side""",
    INFERRED: """1355 1 finding, 1965 1 finding, 2263 2 finding, 2887 2 finding, 2999 1 finding, 3455 1 finding""",
    SELF: "1459 1 negation, 1459 1 change, 3085 0 omission",
    KIND: """1157 0 omission, 1571 0 omission, 1769 0 omission, 2169 0 omission, 2193 0 omission, 2363 0 omission,
        3107 0 omission, 3411 0 omission, 3455 0 omission, 463 0 omission, 545 0 omission""",
    OLD: """1645 0 omission, 1765 0 omission, 185 0 omission, 215 0 omission, 3137 0 omission, 685 0 omission,
        811 0 omission""",
    READING: """123 1 negation, 3007 3 negation, 3103 0 omission, 3107 1 negation, 3107 2 negation, 793 0 omission,
        901 0 omission, 901 1 change, 3411 1 side""",
    NEIGHBOUR: "2127 1 change, 3673 1 change",
    SEVERAL: "3007 2 side, 3007 3 side",
    LISTED: "2007 1 number, 2263 1 number",
}
_GROUNDED = {
    RIGHT: """0 2 negation, 0 2 change, 0 3 negation, 0 4 negation, 0 4 change, 1 2 negation, 1 5 negation,
        2 5 negation, 2 0 omission, 4 1 negation, 4 0 omission, 7 1 size, 8 7 negation, 9 2 negation, 9 0 omission,
        11 1 number, 12 3 negation, 17 4 negation, 17 0 omission, 19 3 size""",
    KIND: "7 1 side, 7 0 omission, 10 0 omission",
    READING: "14 0 omission",
}
_OWN = {
    SELF: "2403 2 negation, 2521 3 negation, 3363 3 negation, 7 3 negation",
    BLANKED: "3877 5 negation",
    READING: "3007 5 negation, 3107 2 negation, 3567 5 negation",
}


def _read(collection: str, kinds: dict[str, str]) -> dict[tuple[str, str, int, str], str]:
    found = {}
    for verdict, items in kinds.items():
        for item in filter(str.strip, items.split(",")):
            name, number, check = item.split()
            found[collection, name, int(number), check] = verdict
    return found


READ = {
    **_read("reports-openi", _OPENI),
    **_read("grounded-reports", _GROUNDED),
    **_read("own", _OWN),
}
