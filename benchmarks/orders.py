"""How well sentences that speak to an assistant are told from those that report: what `rag.answering.addressed` goes by.

``--fit`` fits a linear score of a sentence's vector by ridge regression on ``orders.json``, the orders of
``tests/poisoned`` and the sentences of ``tests/stories``. The held-out attacks, the honest sentences about instructions
and the sample corpus have no part in it.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ingest.sources import ReadDocument, read_sources  # noqa: E402
from rag.answering.addressed import load_order_weights  # noqa: E402
from rag.answering.orders import is_order, order_spans  # noqa: E402
from rag.embedding import load_embeddings  # noqa: E402
from rag.language import sentence_spans  # noqa: E402
from rag.settings import Settings  # noqa: E402
from tests.poisoned.articles import PARTS  # noqa: E402
from tests.poisoned.held_out import HONEST, held_out_articles  # noqa: E402

WEIGHTS = ROOT / "rag" / "answering" / "orders.json"
_RIDGE = 0.3
_ORDER_WEIGHT, _REPORT_WEIGHT = 10.0, 5.0
_STORY_SENTENCES = 1300


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def examples() -> tuple[list[str], list[str], list[str]]:
    """Orders, reports that resemble them, and other news."""
    written = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    orders = [order.format(c="Altona") for parts in PARTS.values() for order in parts["orders"].values()]
    frames = [
        sentence.format(p=parts["places"][0], n=143)
        for parts in PARTS.values()
        for _, _, body in parts["frames"]
        for sentence in body
    ]
    news = []
    for name in ("stories", "second"):
        for line in (ROOT / "tests" / "stories" / f"{name}.jsonl").read_text("utf-8").splitlines():
            news += [sentence for article in json.loads(line)["articles"] for sentence in sentences(article["text"])]
    random.Random(1).shuffle(news)
    return written["orders"] + orders, written["reports"] + frames, news[:_STORY_SENTENCES]


def fit(orders: np.ndarray, reports: np.ndarray, news: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights of shape (d,) and a bias: near 1 for orders, near -1 for the rest."""
    vectors = np.vstack([orders, reports, news]).astype(np.float64)
    wanted = np.r_[np.ones(len(orders)), -np.ones(len(reports) + len(news))]
    weight = np.r_[np.full(len(orders), _ORDER_WEIGHT), np.full(len(reports), _REPORT_WEIGHT), np.ones(len(news))]
    mean, middle = weight @ vectors / weight.sum(), weight @ wanted / weight.sum()
    centred = vectors - mean
    gram = centred.T @ (centred * weight[:, None]) + _RIDGE * np.eye(vectors.shape[1])
    found = np.linalg.solve(gram, centred.T @ (weight * (wanted - middle)))
    return found, float(middle - mean @ found)


def main() -> None:
    """Print what share of each set scores above each bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="Write the weights.")
    given = parser.parse_args()
    embeddings = load_embeddings(Settings())
    if given.fit:
        weights, bias = fit(*(embeddings.embed_passages(part) for part in examples()))
        table = {embeddings.identity.split("#")[0]: {"bias": round(bias, 4), "weights": weights.round(3).tolist()}}
        WEIGHTS.write_text(json.dumps(table) + "\n", "utf-8")
    fitted = load_order_weights(embeddings.identity)
    if fitted is None:
        print(f"no weights for {embeddings.identity!r}; fit them with --fit")
        return
    documents = read_sources([ROOT / "corpus" / "articles"])
    articles = [document.article.text for document in documents if isinstance(document, ReadDocument)]
    corpus = [sentence for text in articles for sentence in sentences(text) if not sentence.startswith("#")]
    attacks = [article.attack for article in held_out_articles()]
    sets = {"held-out attacks": attacks, "honest sentences": list(HONEST), "sample corpus": corpus}
    print("set                sentences  patterns  > 0.2  > 0.6")
    for name, texts in sets.items():
        scores = fitted.scores(embeddings.embed_passages(texts))
        above = "  ".join(f"{np.mean(scores > bound):5.3f}" for bound in (0.2, 0.6))
        print(f"{name:18} {len(texts):9}  {sum(map(is_order, texts)):8}  {above}")
    print(f"stretches of the sample corpus that the patterns drop: {sum(len(order_spans(text)) for text in articles)}")


if __name__ == "__main__":
    main()
