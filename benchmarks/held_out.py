"""Sentences that were written before the rules were tuned, held against the passages they point at.

``benchmarks/written_held_out.json`` has sound and faulty sentences in eight languages, each with the article it cites;
no other benchmark uses those articles, and nothing is tuned on them. No model is asked: what is measured is
`rag.answering.verification` alone. A sentence points at every passage of its article.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from stories import wilson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ingest.pipeline import split  # noqa: E402
from ingest.sources.document import Place  # noqa: E402
from ingest.sources.markdown import markdown_article  # noqa: E402
from rag.answering.drafting import Drafted  # noqa: E402
from rag.answering.evidence import Evidence, Given  # noqa: E402
from rag.answering.features import Sentence  # noqa: E402
from rag.answering.verification import Verifier, support_bound  # noqa: E402
from rag.embedding import SanadEmbeddings, load_embeddings  # noqa: E402
from rag.embedding.neutrality import Neutrality, load_means  # noqa: E402
from rag.schema import Article, Hit, PassageId  # noqa: E402
from rag.settings import Settings  # noqa: E402

DATA = Path(__file__).parent / "written_held_out.json"
ARTICLES = ROOT / "corpus" / "articles"


class Bench:
    """Verifiers over articles of the sample corpus."""

    def __init__(self, embeddings: SanadEmbeddings) -> None:
        self._embeddings = embeddings
        self._neutrality = Neutrality(load_means(embeddings.identity))
        paths = sorted(ARTICLES.glob("*/*.md"))
        read = [markdown_article(Place(path.name, path.name, str(path)), path.read_text("utf-8")) for path in paths]
        self.articles: dict[str, Article] = {article.article_id: article for article in read}

    def verifier(self, language: str, names: Sequence[str]) -> tuple[Verifier, dict[str, tuple[int, ...]]]:
        """A verifier over all passages of some articles, and the numbers of each article's passages."""
        given: list[Given] = []
        numbers: dict[str, tuple[int, ...]] = {}
        for name in names:
            article = self.articles[name]
            first = len(given) + 1
            for span in split(article, self._embeddings, Settings()):
                given.append(Given(len(given) + 1, _hit(article, len(given) + 1, *span)))
            numbers[name] = tuple(range(first, len(given) + 1))
        verifier = Verifier(
            Evidence("", "", tuple(given), 0), language, np.zeros(self._embeddings.dimension, dtype=np.float32),
            bound=support_bound(self._embeddings.identity), vectors=self._vectors, embed=self._embed,
            article=self.articles.get,
        )  # fmt: skip
        return verifier, numbers

    def _vectors(self, sentences: Sequence[Sentence]) -> np.ndarray:
        rows = self._embeddings.embed_passages([sentence.text for sentence in sentences])
        return self._neutrality.passages(rows, [sentence.hit.language for sentence in sentences])

    def _embed(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
        return self._neutrality.passages(self._embeddings.embed_passages(texts), languages)


def _hit(article: Article, number: int, start: int, end: int) -> Hit:
    return Hit(
        number, 1.0, article.article_id, PassageId(f"p{number}"), article.language, article.title, article.source,
        article.published, article.url, start, end, article.text[start:end],
    )  # fmt: skip


def main() -> None:
    """Print what passed, by kind of fault and by language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="Rows in the same form.")
    parser.add_argument("--show", action="store_true", help="Print every sentence that was judged wrongly.")
    given = parser.parse_args()
    table: dict[str, list[tuple[str, str, str]]] = json.loads(given.data.read_text("utf-8"))
    bench = Bench(load_embeddings(Settings()))
    passed: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for language, rows in table.items():
        verifier, numbers = bench.verifier(language, sorted({article for _, article, _ in rows}))
        for kind, article, text in rows:
            reason = verifier.verify(Drafted(text, numbers[article])).reason
            passed[language, kind].append(reason is None)
            if given.show and (reason is None) != (kind == "sound"):
                print(f"  {language} {kind} {reason or 'PASSED'}: {text}")
    report("sound sentences released", passed, lambda language, kind: language if kind == "sound" else None)
    report("faulty ones shown as verified", passed, lambda _, kind: kind if kind != "sound" else None)
    report("faulty ones shown as verified", passed, lambda language, kind: language if kind != "sound" else None)


def report(title: str, passed: dict[tuple[str, str], list[bool]], key: Callable[[str, str], str | None]) -> None:
    """Print shares with their intervals, and that of all."""
    groups: defaultdict[str, list[bool]] = defaultdict(list)
    for (language, kind), found in passed.items():
        if (name := key(language, kind)) is not None:
            groups[name] += found
            groups["all"] += found
    print(title)
    for name, found in sorted(groups.items(), key=lambda item: item[0] == "all"):
        low, high = wilson(sum(found), len(found))
        print(f"  {name:9} {sum(found):3} of {len(found):3}  {sum(found) / len(found):.3f} [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    main()
