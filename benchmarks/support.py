"""How near a written sentence is to one that bears it: where the bound of `rag.answering.verification` comes from.

XQuAD's paragraphs are translations of each other. A sentence of a paragraph in one language is borne by the same
paragraph in another, and not by its neighbours in the set, which are mostly of the same article. ``--fit`` writes the
bound that keeps all but a hundredth of what is borne in the worst language.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from remembered import Remembered
from xquad import XQUAD, read_lines

from rag.embedding import load_embeddings
from rag.embedding.neutrality import Neutrality, load_means
from rag.language import sentence_spans
from rag.settings import Settings

LANGUAGES = "en ar hi zh ru tr es de".split()
BOUNDS = Path(__file__).resolve().parent.parent / "rag" / "answering" / "support.json"
_LEAST_CHARACTERS = 12


def main() -> None:
    """Print a table: cosines of what is borne and of what is not, by the language of the written sentence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paragraphs", type=int, default=40)
    parser.add_argument("--work", type=Path, default=Path("/tmp/sanad-support"))
    parser.add_argument("--fit", action="store_true", help="Write the bound.")
    given = parser.parse_args()
    if not XQUAD.exists():
        print(f"skipped: {XQUAD} is not here")
        return
    embeddings = load_embeddings(Settings())
    neutrality = Neutrality(load_means(embeddings.identity))
    given.work.mkdir(parents=True, exist_ok=True)
    remembered = Remembered(given.work / "vectors.npz", embeddings.embed_passages)
    texts = {row["id"]: row["text"] for row in read_lines(XQUAD / "corpus.jsonl")}
    numbers = sorted({int(key.split("-")[-1]) for key in texts if key.startswith("en-")})
    numbers = [number for number in numbers if all(f"{language}-{number}" in texts for language in LANGUAGES)]
    numbers = numbers[:: max(1, len(numbers) // (2 * given.paragraphs))][: 2 * given.paragraphs]
    rows: dict[tuple[str, int], np.ndarray] = {}
    for language in LANGUAGES:
        for number in numbers:
            text = texts[f"{language}-{number}"]
            found = [text[start:end] for start, end in sentence_spans(text)]
            found = [sentence for sentence in found if len(sentence) >= _LEAST_CHARACTERS] or [text]
            rows[language, number] = neutrality.passages(remembered(found), [language] * len(found))
    remembered.save()
    print("written in   borne: 1 %    5 %  median   not borne: median   95 %   99 %")
    lowest = 1.0
    for language in LANGUAGES:
        borne, not_borne = [], []
        for at, number in enumerate(numbers):
            neighbour = numbers[at - 1]
            for other in LANGUAGES:
                borne += (
                    (rows[language, number] @ rows[other, number].T).max(axis=1).tolist() if other != language else []
                )
                not_borne += (rows[language, number] @ rows[other, neighbour].T).max(axis=1).tolist()
        low, fifth, middle = np.quantile(borne, (0.01, 0.05, 0.5))
        half, high, highest = np.quantile(not_borne, (0.5, 0.95, 0.99))
        lowest = min(lowest, float(low))
        print(f"{language:10}   {low:10.3f}  {fifth:.3f}   {middle:.3f}   {half:17.3f}  {high:.3f}  {highest:.3f}")
    bound = round(lowest, 2)
    kept = [
        (bool(value >= bound), same)
        for language in LANGUAGES
        for at, number in enumerate(numbers)
        for other in LANGUAGES
        for same, target in ((True, number), (False, numbers[at - 1]))
        if other != language or not same
        for value in (rows[language, number] @ rows[other, target].T).max(axis=1)
    ]
    borne_kept = np.mean([near for near, same in kept if same])
    others_kept = np.mean([near for near, same in kept if not same])
    print(f"bound {bound}: {borne_kept:.3f} of what is borne and {others_kept:.3f} of what is not are above it")
    if given.fit:
        table = json.loads(BOUNDS.read_text("utf-8"))
        name = embeddings.identity.split("/")[0]
        table[next((known for known in table if embeddings.identity.startswith(known)), name)] = bound
        BOUNDS.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
