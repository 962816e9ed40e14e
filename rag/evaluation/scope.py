"""Which documents a question is asked of."""

from typing import NamedTuple

from rag.errors import ConfigurationError
from rag.evaluation.datasets import Dataset, Qrels, Question
from rag.language import language_matches, normalise_tag
from rag.schema import UNDETERMINED, Filters


class _Reach(NamedTuple):
    """The languages a filter names, and those of the documents that it takes in."""

    named: tuple[str, ...]
    taken_in: tuple[str, ...]


class Scope:
    """The documents that each question of a dataset is asked of."""

    def __init__(self, dataset: Dataset, over: str) -> None:
        """Check the languages named.

        Args:
            dataset: Its documents.
            over: ``all``, ``own`` (documents in the question's language), ``others`` (in any language that is not the
                question's and neither takes the other in), or language tags with commas between them.

        Raises:
            ConfigurationError: No document is in a language named.
        """
        self._dataset = dataset
        self._present = tuple(sorted(set(dataset.languages.values())))
        self._over = over
        self._named = () if over in ("all", "own", "others") else tuple(tag.strip() for tag in over.split(","))
        self._reaches: dict[str, _Reach] = {}
        for tag in self._named:
            if normalise_tag(tag) == UNDETERMINED or not self._taken_in((tag,)):
                raise ConfigurationError(
                    f"No document is in {tag!r}. --over takes all, own, others, or languages among: "
                    f"{', '.join(self._present)}."
                )

    def filters(self, question: Question) -> Filters | None:
        """The filters a question is asked with; none when they would leave no document."""
        reach = self._reach(question.language)
        among = question.candidates or self._dataset.languages
        if not any(self._dataset.languages[document] in reach.taken_in for document in among):
            return None
        languages = () if reach.taken_in == self._present else reach.named
        return Filters(languages=languages, articles=question.candidates)

    def languages(self, question: Question) -> tuple[str, ...]:
        """Languages of the documents a question is asked of, its candidates aside; sorted."""
        return self._reach(question.language).taken_in

    def relevant(self, qrels: Qrels) -> Qrels:
        """The relevant documents among those asked of; questions without one are left out."""
        kept: Qrels = {}
        for question in self._dataset.questions:
            languages = self.languages(question)
            passing = {
                document: grade
                for document, grade in qrels.get(question.question_id, {}).items()
                if self._dataset.languages[document] in languages
                and (not question.candidates or document in question.candidates)
            }
            if passing:
                kept[question.question_id] = passing
        return kept

    def _reach(self, asking: str) -> _Reach:
        if asking not in self._reaches:
            named = self._named
            if self._over == "all":
                named = self._present
            elif self._over == "own":
                named = (asking,)
            elif self._over == "others":
                named = tuple(
                    tag
                    for tag in self._present
                    if not language_matches(asking, tag) and not language_matches(tag, asking)
                )
            self._reaches[asking] = _Reach(named, self._taken_in(named))
        return self._reaches[asking]

    def _taken_in(self, named: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(tag for tag in self._present if any(language_matches(wanted, tag) for wanted in named))
