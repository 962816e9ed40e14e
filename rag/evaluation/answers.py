"""What the answers of a run are worth."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from rag.evaluation.datasets import Dataset, Question
from rag.evaluation.metrics import risk_coverage
from rag.evaluation.runner import Answered, Plan, Run
from rag.evaluation.scope import Scope
from rag.evaluation.tables import measured_table
from rag.language import fold, language_matches

Json = dict[str, Any]

_CURVE_POINTS = 200


class AnswerJudge:
    """Judges the answers of one run."""

    def __init__(self, dataset: Dataset, plan: Plan, run: Run, *, caution: float) -> None:
        """Take what was asked and what came back.

        Args:
            dataset: The questions asked and their judgements.
            plan: What they were asked of.
            run: What came back.
            caution: Least probability of an answer that is shown.
        """
        self._dataset = dataset
        self._plan = plan
        self._run = run
        self._caution = caution
        scope = Scope(dataset, plan.over)
        self._qrels = scope.relevant(dataset.qrels)
        self._parallel = scope.relevant(dataset.parallel)

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
            return float(shown[identifier] and self._quotes_answer(question)) if self._strings(question) else None

        table = measured_table(
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
                "given": sum(len(answer.quotes) for answer in given.values()),
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

    def _strings(self, question: Question) -> dict[str, tuple[str, ...]]:
        """Answer strings of a question and its translations by language, where the documents asked of can hold them.

        Evidence in another language is evidence: what a translation of the question takes for an answer counts too.
        """
        strings = self._dataset.strings.get(question.family, {}) if question.answerable else {}
        relevant = {self._dataset.languages[document] for document in self._relevant(question)}
        return {
            language: answers
            for language, answers in strings.items()
            if not relevant or any(language_matches(language, tag) for tag in relevant)
        }

    def _quotes_answer(self, question: Question) -> bool:
        quotes = [fold(quote) for quote in self._given(question).quotes]
        answers = [answer for of_language in self._strings(question).values() for answer in of_language]
        wanted = [folded for answer in answers if (folded := fold(answer).strip())]
        return any(answer in quote for answer in wanted for quote in quotes)

    def _is_right(self, question: Question) -> bool:
        """Whether what would be answered is right, by the best sign there is of it."""
        if not question.answerable:
            return False
        if self._strings(question):
            return self._quotes_answer(question)
        relevant = self._relevant(question)
        return bool(relevant & set(self._given(question).articles)) if relevant else True


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
