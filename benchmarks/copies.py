"""How surely copies of one story are told from what is none, on edits made of real texts, and what a sketch costs.

Each XQuAD article (five paragraphs, each language) and each multihop news text of some length is one story. A copy is
cut, added to, mixed or lightly edited; a changed number and another text that quotes it make what is no copy.
"""

import argparse
import json
import random
import re
import time
from collections import defaultdict
from pathlib import Path

from rag.language import sentence_spans
from rag.language.sketch import are_copies, sketch

EVAL = Path(__file__).resolve().parent.parent.parent / "shared" / "eval"
PARAGRAPHS = 5
LEAST_SENTENCES = 6


def stories() -> list[tuple[str, list[str]]]:
    """Language and sentences of every story."""
    texts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in map(json.loads, (EVAL / "xquad" / "corpus.jsonl").read_text("utf-8").splitlines()):
        texts[row["lang"], str(int(row["id"].split("-")[1]) // PARAGRAPHS)].append(row["text"])
    for row in map(json.loads, (EVAL / "multihop_rag_evidence" / "corpus.jsonl").read_text("utf-8").splitlines()):
        texts["en (news)", row["id"]].append(row["text"])
    found = []
    for (language, _), parts in texts.items():
        sentences = [text[start:end] for text in parts for start, end in sentence_spans(text)]
        if len(sentences) >= LEAST_SENTENCES:
            found.append((language, sentences))
    return found


def edits(sentences: list[str], other: list[str], chance: random.Random) -> dict[str, tuple[bool, list[str]]]:
    """Name -> (whether it is a copy, its sentences)."""
    count = len(sentences)
    made = {
        "the same text": (True, sentences),
        "cut to two thirds": (True, sentences[: -(-2 * count // 3)]),
        "cut to half": (True, sentences[: -(-count // 2)]),
        "two sentences added": (True, [*sentences, *other[:2]]),
        "cut to two thirds, a sentence added": (True, [*sentences[: -(-2 * count // 3)], other[0]]),
        "a word left out of one sentence in eight": (True, [_shortened(s, chance) if chance.random() < 0.125 else s for s in sentences]),
        "no comma": (True, [re.sub("[,،、，]", "", s) for s in sentences]),
        "quoted: two of its sentences in another text": (False, [*other[:3], *sentences[:2], *other[3:]]),
        "mixed: half of it, half of another": (False, [*sentences[: count // 2], *other[: count // 2]]),
        "another text": (False, other),
    }  # fmt: skip
    numbered = [at for at, sentence in enumerate(sentences) if re.search(r"\d", sentence)]
    if numbered:
        at = chance.choice(numbered)
        changed = re.sub(r"\d+", lambda match: str(int(match.group()) + 1), sentences[at], count=1)
        made["one number changed"] = (False, [*sentences[:at], changed, *sentences[at + 1 :]])
        made["one number changed, a sentence added"] = (False, [*made["one number changed"][1], other[0]])
    return made


def _shortened(sentence: str, chance: random.Random) -> str:
    """Without one word that holds no digit (one character where words are not spaced)."""
    spaced = " " in sentence.strip()
    words = sentence.split(" ") if spaced else list(sentence)
    free = [at for at, word in enumerate(words) if word.isalpha()]
    if free:
        del words[chance.choice(free)]
    return (" " if spaced else "").join(words)


def main() -> None:
    """Print how often each edit counts as a copy, then precision and recall."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if not EVAL.exists():
        print(f"skipped: {EVAL} is not here")
        return
    chance = random.Random(given.seed)
    found = stories()
    told: dict[str, list[bool]] = defaultdict(list)
    right: dict[str, bool] = {}
    by_language: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for at, (language, sentences) in enumerate(found):
        others = [index for index, (spoken, _) in enumerate(found) if spoken == language and index != at]
        _, other = found[chance.choice(others or [at - 1])]
        for name, (is_copy, edited) in edits(sentences, other, chance).items():
            glue = "" if language == "zh" else " "
            verdict = are_copies(glue.join(sentences), glue.join(edited))
            told[name].append(verdict)
            right[name] = is_copy
            counts = by_language[language]
            counts[0] += is_copy and verdict
            counts[1] += is_copy
            counts[2] += not is_copy and verdict
    print(f"{len(found)} stories, seed {given.seed}\n\n| edit | a copy? | taken for a copy |\n|---|---|---|")
    for name, verdicts in told.items():
        print(f"| {name} | {'yes' if right[name] else 'no'} | {sum(verdicts)} of {len(verdicts)} |")
    hits, copies, wrong = (sum(counts[at] for counts in by_language.values()) for at in range(3))
    print(f"\nprecision {hits / (hits + wrong):.4f}, recall {hits / copies:.4f}")
    print("recall by language: " + ", ".join(f"{name} {c[0] / c[1]:.2f}" for name, c in sorted(by_language.items())))
    texts = [" ".join(sentences) for _, sentences in found]
    started = time.perf_counter()
    for text in texts:
        sketch(text)
    spent = 1e3 * (time.perf_counter() - started) / len(texts)
    print(f"a sketch takes {spent:.2f} ms for {sum(map(len, texts)) / len(texts):.0f} characters")


if __name__ == "__main__":
    main()
