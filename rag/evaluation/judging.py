"""What the answers and rankings of a run are worth: everything that ``results.json`` holds."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from rag.evaluation.datasets import Dataset, Qrels, Question
from rag.evaluation.metrics import (
    DRAWS,
    RANKING_MEASURES,
    SEED,
    Interval,
    bootstrap,
    gap,
    parallel_recall,
    percentile,
    ranking_measures,
    risk_coverage,
    share_of,
)
from rag.evaluation.runner import Answered, Plan, Run
from rag.evaluation.scope import Scope
from rag.language import fold, language_matches

Json = dict[str, Any]

HEAT_MAP_CUTOFF = 5
_GAP_MEASURE = "R@1"
_CURVE_POINTS = 200


class Judge:
    """Judges one run of a dataset."""

    def __init__(self, dataset: Dataset, plan: Plan, run: Run, *, at: int, caution: float) -> None:
        """Take what was asked and what came back.

        Args:
            dataset: The questions asked and their judgements.
            plan: What they were asked of.
            run: What came back.
            at: Cut-off of parallel recall and own-language share.
            caution: Least probability of an answer that is shown.
        """
        self._dataset = dataset
        self._plan = plan
        self._run = run
        self._at = at
        self._caution = caution
        self._scope = Scope(dataset, plan.over)
        self._qrels = self._in_scope(dataset.qrels)
        self._parallel = self._in_scope(dataset.parallel)

    def _in_scope(self, qrels: Qrels) -> Qrels:
        """The relevant documents among those asked of; questions without one are left out."""
        kept: Qrels = {}
        for question in self._dataset.questions:
            filters = self._scope.filters(question)
            if filters is None:
                continue
            grades = qrels.get(question.question_id, {})
            passing = {
                document: grade for document, grade in grades.items() if self._scope.document_passes(document, filters)
            }
            if passing:
                kept[question.question_id] = passing
        return kept

    def counts(self) -> Json:
        """How many questions there are, and how many count for the ranking."""
        questions = self._dataset.questions
        return {
            "questions": len(questions),
            "asked": len(self._run.asked),
            "judged": len(self._qrels),
            "excluded_unanswerable": sum(
                not question.answerable and question.question_id not in self._qrels for question in questions
            ),
            "excluded_no_relevant_document": sum(
                question.answerable and question.question_id not in self._qrels for question in questions
            ),
        }

    def ranking(self) -> Json | None:
        """Measures of the ranking by language; none when no question has a relevant document."""
        judged = [question for question in self._dataset.questions if question.question_id in self._qrels]
        if not judged:
            return None
        rankings = {question_id: asked.articles for question_id, asked in self._run.asked.items()}
        measured = ranking_measures(rankings, self._qrels)
        columns: dict[str, Callable[[Question], float | None]] = {
            name: lambda question, name=name: measured[name][question.question_id]  # type: ignore[misc]
            for name in RANKING_MEASURES
        }
        columns[f"parallel recall@{self._at}"] = self._parallel_recall
        columns[f"own-language share@{self._at}"] = self._own_share
        columns["top 1 right"] = lambda question: float(
            share_of(self._articles(question), self._parallel.get(question.question_id, {}), 1)
        )
        table = _table(judged, columns)
        by_language = {
            language: row[_GAP_MEASURE]["mean"]
            for language, row in table["languages"].items()
            if row[_GAP_MEASURE]["mean"] is not None
        }
        relevant = [len(self._qrels[question.question_id]) for question in judged]
        return {
            **table,
            "gap": {
                "measure": _GAP_MEASURE,
                "value": gap(by_language),
                "best": max(by_language, key=lambda tag: (by_language[tag], tag)),
                "worst": min(by_language, key=lambda tag: (by_language[tag], tag)),
            },
            "relevant_documents": float(np.mean(relevant)),
            "highest": {f"R@{k}": float(np.mean([min(k, n) / n for n in relevant])) for k in (1, 5)},
        }

    def _articles(self, question: Question) -> tuple[str, ...]:
        asked = self._run.asked.get(question.question_id)
        return asked.articles if asked else ()

    def _parallel_recall(self, question: Question) -> float | None:
        relevant = self._parallel.get(question.question_id, {})
        languages = {document: self._dataset.languages[document] for document in relevant}
        return parallel_recall(self._articles(question), languages, self._at)

    def _own_share(self, question: Question) -> float | None:
        filters = self._scope.filters(question)
        if filters is None:
            return None
        own = {tag for tag in self._scope.languages(filters) if language_matches(question.language, tag)}
        if not own or len(own) == len(self._scope.languages(filters)):
            return None
        articles = self._articles(question)
        return share_of(articles, [one for one in articles if self._dataset.languages[one] in own], self._at)

    def heat_map(self) -> Json | None:
        """Recall@5 by the language of the question and of the document; none when nothing is relevant."""
        languages = self._dataset.languages
        by_cell: dict[tuple[str, str], Qrels] = defaultdict(dict)
        for question in self._dataset.questions:
            for document, grade in self._parallel.get(question.question_id, {}).items():
                cell = by_cell[question.language, languages[document]]
                cell.setdefault(question.question_id, {})[document] = grade
        if not by_cell:
            return None
        asking = sorted({asking for asking, _ in by_cell})
        holding = sorted({holding for _, holding in by_cell})
        name = f"R@{HEAT_MAP_CUTOFF}"
        values: list[list[float | None]] = [[None] * len(holding) for _ in asking]
        for (x, y), qrels in by_cell.items():
            rankings = {
                question_id: asked.by_language.get(y, ()) if self._plan.matrix else asked.articles
                for question_id, asked in self._run.asked.items()
                if question_id in qrels
            }
            found = ranking_measures(rankings, qrels, [name])[name]
            values[asking.index(x)][holding.index(y)] = float(np.mean(list(found.values())))
        return {
            "cutoff": HEAT_MAP_CUTOFF,
            "apart": self._plan.matrix,
            "question_languages": asking,
            "document_languages": holding,
            "values": values,
        }

    def answers(self) -> Json | None:
        """What the answers are worth; none when none were asked for."""
        judged = [
            question
            for question in self._dataset.questions
            if question.question_id in self._run.asked and self._answer_is_known(question)
        ]
        if not self._plan.answers or not judged:
            return None
        given = {question.question_id: self._given(question) for question in judged}
        confidence = {identifier: answer.probability or 0.0 for identifier, answer in given.items()}
        shown = {
            identifier: answer.status == "answered" and confidence[identifier] >= self._caution
            for identifier, answer in given.items()
        }

        def quoted(question: Question) -> float | None:
            identifier = question.question_id
            return float(shown[identifier] and self._quotes_answer(question)) if self._has_string(question) else None

        table = _table(
            judged,
            {
                "answered": lambda question: float(shown[question.question_id]),
                "wrongly silent": lambda question: (
                    float(not shown[question.question_id]) if question.answerable else None
                ),
                "wrongly answered": lambda question: (
                    None if question.answerable else float(shown[question.question_id])
                ),
                "answer in quotes": quoted,
            },
        )
        outcomes = {
            question.question_id: (confidence[question.question_id], not self._is_right(question))
            for question in judged
        }
        curves = {"all": _curve(outcomes.values())}
        by_language = defaultdict(list)
        for question in judged:
            by_language[question.language].append(outcomes[question.question_id])
        if len(by_language) > 1:
            curves |= {language: _curve(by_language[language]) for language in sorted(by_language)}
        covered = [wrong for identifier, (_, wrong) in outcomes.items() if shown[identifier]]
        return {
            **table,
            "caution": self._caution,
            "excluded": len(self._run.asked) - len(judged),
            "citations": {
                "shown": sum(len(answer.quotes) for answer in given.values()),
                "exact": sum(answer.exact for answer in given.values()),
            },
            "risk_coverage": curves,
            "at_caution": {
                "coverage": len(covered) / len(judged),
                "risk": float(np.mean(covered)) if covered else None,
            },
        }

    def _given(self, question: Question) -> Answered:
        answer = self._run.asked[question.question_id].answer
        if answer is None:
            raise ValueError(f"question {question.question_id!r} was not asked for an answer")
        return answer

    def _answer_is_known(self, question: Question) -> bool:
        """Whether the documents asked of hold the answer, or surely do not; other questions are not judged."""
        judged_elsewhere = question.question_id in self._dataset.qrels or question.question_id in self._dataset.parallel
        return not question.answerable or bool(self._relevant(question)) or not judged_elsewhere

    def _relevant(self, question: Question) -> set[str]:
        return {*self._qrels.get(question.question_id, ()), *self._parallel.get(question.question_id, ())}

    def _has_string(self, question: Question) -> bool:
        """Whether an answer string can stand in what was asked of: strings are in the question's language."""
        relevant = self._relevant(question)
        own = any(language_matches(question.language, self._dataset.languages[document]) for document in relevant)
        return question.answerable and bool(question.answers) and (own or not relevant)

    def _quotes_answer(self, question: Question) -> bool:
        quotes = [fold(quote) for quote in self._given(question).quotes]
        wanted = [folded for answer in question.answers if (folded := fold(answer).strip())]
        return any(answer in quote for answer in wanted for quote in quotes)

    def _is_right(self, question: Question) -> bool:
        """Whether what would be answered is right, by the best sign there is of it."""
        if not question.answerable:
            return False
        if self._has_string(question):
            return self._quotes_answer(question)
        relevant = self._relevant(question)
        return bool(relevant & set(self._given(question).articles)) if relevant else True

    def latencies_ms(self) -> dict[str, list[float]]:
        """Milliseconds of each search, and of each answer where there are any, in the order of the questions."""
        asked = [
            self._run.asked[question.question_id]
            for question in self._dataset.questions
            if question.question_id in self._run.asked
        ]
        found = {"search": [one.ms for one in asked], "ask": [one.answer.ms for one in asked if one.answer]}
        return {name: values for name, values in found.items() if values}


def latency_summary(latencies_ms: Mapping[str, Sequence[float]]) -> Json:
    """Count, median, 95th percentile and longest of each kind."""
    return {
        name: {
            "count": len(values),
            "p50": percentile(values, 0.5),
            "p95": percentile(values, 0.95),
            "longest": max(values),
        }
        for name, values in latencies_ms.items()
    }


def _table(questions: Sequence[Question], columns: Mapping[str, Callable[[Question], float | None]]) -> Json:
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


def _curve(outcomes: Iterable[tuple[float, bool]]) -> Json:
    """Risk over coverage, thinned to what a chart can show."""
    confidence, wrong = zip(*outcomes, strict=True)
    found = risk_coverage(confidence, wrong)
    kept = np.unique(np.linspace(0, len(confidence) - 1, min(len(confidence), _CURVE_POINTS)).round().astype(int))
    return {
        "questions": len(confidence),
        "area": found.area,
        "coverage": found.coverage[kept].round(6).tolist(),
        "risk": found.risk[kept].round(6).tolist(),
    }
