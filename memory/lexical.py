"""Words and their weight: the lexical half of a ranking, over one patient's records at a time.

BM25 as Robertson and Zaragoza give it (Foundations and Trends in Information Retrieval 2009;3:333-389), k1 1.2, b 0.75.
SQLite's FTS5 ranks over all patients at once: its work grows with the store, and its weights would tell of others.
"""

import re
from collections import Counter
from collections.abc import Sequence
from math import log

import numpy as np
import numpy.typing as npt

WORD = re.compile(r"[^\W_]+(?:\.\d+)?")
_SPELLINGS = (("haem", "hem"), ("aemi", "emi"), ("oedem", "edem"), ("tumour", "tumor"), ("oesoph", "esoph"))
_K1, _B = 1.2, 0.75


def stems(text: str) -> list[str]:
    """The words of a text in order, in lower case, American spelling and the singular."""
    return [stem(word) for word in WORD.findall(text.lower())]


def stem(word: str) -> str:
    """One word in lower case without its plural: the S stemmer (Harman, J Am Soc Inf Sci 1991;42:7-15)."""
    for british, american in _SPELLINGS:
        word = word.replace(british, american)
    if len(word) > 4 and word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("us", "ss", "is")) else word


def bm25(wanted: Sequence[str], documents: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
    """The weight of each document (stems) for the wanted stems; zero where it has none of them."""
    counts = [Counter(document) for document in documents]
    lengths = np.array([len(document) for document in documents], np.float64)
    norm = _K1 * (1 - _B + _B * lengths / max(lengths.mean(), 1))
    scores = np.zeros(len(documents))
    for word in dict.fromkeys(wanted):
        found = np.array([count[word] for count in counts], np.float64)
        rarity = log(1 + (len(documents) - (found > 0).sum() + 0.5) / ((found > 0).sum() + 0.5))
        scores += rarity * found * (_K1 + 1) / (found + norm)
    return scores
