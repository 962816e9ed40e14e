"""What the rankings of a run are worth."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from rag.evaluation.datasets import Dataset, Qrels, Question
from rag.evaluation.metrics import RANKING_MEASURES, gap, parallel_recall, ranking_measures, share_of
from rag.evaluation.runner import Plan, Run
from rag.evaluation.scope import Scope
from rag.evaluation.tables import measured_table
from rag.language import language_matches

Json = dict[str, Any]

HEAT_MAP_CUTOFF = 5
_GAP_MEASURE = "R@1"


class RankingJudge:
    """Judges the rankings of one run."""

    def __init__(self, dataset: Dataset, plan: Plan, run: Run, *, at: int) -> None:
        """Take what was asked and what came back.

        Args:
            dataset: The questions asked and their judgements.
            plan: What they were asked of.
            run: What came back.
            at: Cut-off of parallel recall and own-language share.
        """
        self._dataset = dataset
        self._plan = plan
        self._run = run
        self._at = at
        self._scope = scope = Scope(dataset, plan.over)
        self._qrels = scope.relevant(dataset.qrels)
        self._parallel = scope.relevant(dataset.parallel)

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
            share_of(
                self._articles(question),
                self._parallel.get(question.question_id) or self._qrels[question.question_id],
                1,
            )
        )
        table = measured_table(judged, columns)
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
        languages = self._scope.languages(question)
        own = {tag for tag in languages if language_matches(question.language, tag)}
        if not own or len(own) == len(languages):
            return None
        articles = self._articles(question)
        return share_of(articles, [one for one in articles if self._dataset.languages[one] in own], self._at)

    def heat_map(self) -> Json | None:
        """Recall@5 by the language of the question and of the document; none where there is only one of each."""
        languages = self._dataset.languages
        by_cell: dict[tuple[str, str], Qrels] = defaultdict(dict)
        for question in self._dataset.questions:
            for document, grade in self._parallel.get(question.question_id, {}).items():
                cell = by_cell[question.language, languages[document]]
                cell.setdefault(question.question_id, {})[document] = grade
        if len(by_cell) < 2:
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
