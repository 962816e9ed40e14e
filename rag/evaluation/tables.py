"""Values of questions as a table: a row for each language, the macro mean and their intervals."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rag.evaluation.datasets import Question
from rag.evaluation.metrics import DRAWS, SEED, Interval, bootstrap

Json = dict[str, Any]


def measured_table(questions: Sequence[Question], columns: Mapping[str, Callable[[Question], float | None]]) -> Json:
    """Intervals of each column by language and for the macro mean; columns that no question is eligible for fall out."""
    values = np.array(
        [[math.nan if (cell := column(one)) is None else cell for column in columns.values()] for one in questions]
    )
    measured = ~np.isnan(values).all(axis=0)
    names = [name for name, kept in zip(columns, measured, strict=True) if kept]
    tags = [question.language for question in questions]
    by_language, macro = bootstrap(values[:, measured], tags, [question.family for question in questions])
    sizes = Counter(tags)
    return {
        "measures": names,
        "intervals": {"draws": DRAWS, "seed": SEED, "level": 0.95},
        "languages": {
            tag: {"questions": sizes[tag], **_row(names, intervals)} for tag, intervals in by_language.items()
        },
        "macro": {"questions": len(questions), **_row(names, macro)},
    }


def _row(names: Sequence[str], intervals: Sequence[Interval]) -> Json:
    return {name: interval._asdict() for name, interval in zip(names, intervals, strict=True)}
