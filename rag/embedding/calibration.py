"""Language means for another embedding model, from a text that is the same in several languages."""

import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from rag.embedding.neutrality import LanguageMeans, Vectors
from rag.errors import CorpusError

_MIN_LANGUAGES = 2
_MIN_PARAGRAPHS = 20


class _Embeddings(Protocol):
    def embed_passages(self, texts: list[str]) -> Vectors:
        """Unit rows."""

    def embed_questions(self, texts: list[str]) -> Vectors:
        """Unit rows."""


def read_parallel_text(folder: Path) -> dict[str, list[str]]:
    """Read ``<language>.txt`` files, one paragraph a line, the same text in each.

    Args:
        folder: Files are named by BCP 47 tag: ``ur.txt``, ``prs.txt``, ``zh-Hant.txt``.

    Raises:
        CorpusError: There are fewer than two files, one is no UTF-8, or one holds fewer than 20 paragraphs.
    """
    texts = {}
    for path in sorted(folder.glob("*.txt")):
        try:
            lines = unicodedata.normalize("NFC", path.read_text("utf-8")).splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise CorpusError(path, f"it cannot be read as UTF-8: {error}") from None
        paragraphs = [" ".join(line.split()) for line in lines if line.strip()]
        if len(paragraphs) < _MIN_PARAGRAPHS:
            raise CorpusError(path, f"it has {len(paragraphs)} paragraphs; a mean takes at least {_MIN_PARAGRAPHS}")
        texts[path.stem] = paragraphs
    if len(texts) < _MIN_LANGUAGES:
        raise CorpusError(
            folder, f"it holds {len(texts)} files named like ur.txt; the same text is needed in at least two languages"
        )
    return texts


def measure_means(
    texts: Mapping[str, list[str]],
    embeddings: _Embeddings,
    *,
    on_progress: Callable[[str], None] = lambda language: None,
) -> LanguageMeans:
    """Mean vectors of the paragraphs of each language, as passages and as questions.

    Args:
        texts: Paragraphs of one text, by language.
        embeddings: The model.
        on_progress: Told of each language before it is embedded.
    """
    passages, questions = {}, {}
    for language, paragraphs in texts.items():
        on_progress(language)
        passages[language] = embeddings.embed_passages(paragraphs).mean(axis=0)
        questions[language] = embeddings.embed_questions(paragraphs).mean(axis=0)
    return LanguageMeans(passages, questions)
