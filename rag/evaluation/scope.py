"""Which documents a question is asked of."""

from collections.abc import Sequence

from rag.errors import ConfigurationError
from rag.evaluation.datasets import Dataset, Question
from rag.language import language_matches, normalise_tag
from rag.schema import UNDETERMINED, Filters


class Scope:
    """Which documents each question is asked of."""

    def __init__(self, dataset: Dataset, over: str) -> None:
        """Check the languages named.

        Args:
            dataset: Its documents.
            over: ``all``, ``own`` (documents in the question's language), ``others`` (in any language that is not the
                question's and neither takes the other in), or language tags with commas between them.

        Raises:
            ConfigurationError: No document is in a language named.
        """
        self._documents = dataset.languages
        self._present = sorted(set(dataset.languages.values()))
        self._over = over
        self._named = [] if over in ("all", "own", "others") else [tag.strip() for tag in over.split(",")]
        for tag in self._named:
            if not any(normalise_tag(tag) != UNDETERMINED and language_matches(tag, there) for there in self._present):
                raise ConfigurationError(
                    f"No document is in {tag!r}. --over takes all, own, others, or languages among: "
                    f"{', '.join(self._present)}."
                )

    def filters(self, question: Question) -> Filters | None:
        """The filters a question is asked with; none when they would leave no document."""
        own = question.language
        if self._over == "all":
            languages = self._present
        elif self._over == "own":
            languages = [own]
        elif self._over == "others":
            languages = [
                tag for tag in self._present if not language_matches(own, tag) and not language_matches(tag, own)
            ]
        else:
            languages = self._named
        kept = self._taken_in(languages)
        among = question.candidates or self._documents
        if not any(self._documents[document] in kept for document in among):
            return None
        return Filters(languages=() if kept == self._present else tuple(languages), articles=question.candidates)

    def languages(self, filters: Filters) -> list[str]:
        """Languages of the documents that pass, sorted."""
        return self._taken_in(filters.languages) if filters.languages else self._present

    def document_passes(self, document: str, filters: Filters) -> bool:
        """Whether a document is among those asked of."""
        if filters.articles and document not in filters.articles:
            return False
        language = self._documents[document]
        return not filters.languages or any(language_matches(tag, language) for tag in filters.languages)

    def _taken_in(self, languages: Sequence[str]) -> list[str]:
        return [tag for tag in self._present if any(language_matches(wanted, tag) for wanted in languages)]
