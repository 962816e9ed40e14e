"""Answers written by a scripted model over the sample corpus, in eight languages, with faults put into them.

``benchmarks/written.json`` holds sound sentences, the passages that bear them, and sentences with invented numbers and
names. A server on loopback writes them, with markers that point at passages of its prompt; the real client reads them.
What a reader would see is then counted. The sentences were written for this; a real model writes others.
"""

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from rag.embedding import load_embeddings  # noqa: E402
from rag.schema import Answer, AnswerFinished, StatementMade  # noqa: E402
from rag.service import Service, open_service  # noqa: E402
from rag.settings import Settings, load_settings  # noqa: E402
from tests.scripted_model import Reply, Request, ScriptedModel, prompt_of, scripted_model  # noqa: E402

TABLE = json.loads((Path(__file__).parent / "written.json").read_text("utf-8"))
FAULTS = (
    "none", "number", "number2", "name: titled", "name: subject", "name: place", "language", "one sentence's language",
    "no markers", "marker out of range", "cut", "refused", "busy once", "tool call", "empty", "link", "negated",
)  # fmt: skip
_BLOCK = re.compile(r"=== \w+ · \[(\d+)\] .*? ===\n(.*?)\n=== \w+ · end of \[\d+\] ===", re.DOTALL)
# How long the scripted model takes to its first word where overhead is measured; real ones take longer.
_FIRST_WORD_SECONDS = 0.3
_STOP = re.compile(r"[.。۔।]$")


@dataclass
class Case:
    """One question, the fault of its answer, and what was put into it."""

    language: str
    topic: str
    fault: str
    own: bool
    sound: list[str] = field(default_factory=list)
    planted: list[str] = field(default_factory=list)


def cases() -> Iterator[Case]:
    """Every topic in every language with every fault; evidence first in the asker's own language, then in others."""
    for language in TABLE["languages"]:
        for at, topic in enumerate(TABLE["questions"]):
            for fault in FAULTS:
                yield Case(language, topic["name"], fault, own=(at + len(fault)) % 2 == 0)


def marked(sentence: str, number: int | None) -> str:
    """A sentence with its marker before the stop."""
    return sentence if number is None else _STOP.sub(lambda stop: f" [{number}]{stop.group()}", sentence)


def reply_to(request: Request, case: Case, at: int) -> Reply:
    """The scripted answer to one request: sound sentences for what the prompt holds, and the fault among them."""
    words = TABLE["languages"][case.language]
    blocks = [(int(number), text) for number, text in _BLOCK.findall(prompt_of(request))]
    lines = []
    case.sound.clear()
    claims = next(topic["claims"] for topic in TABLE["questions"] if topic["name"] == case.topic)
    for claim in claims:
        numbers = [number for number, text in blocks if re.search(TABLE["claims"][claim], text)]
        if numbers:
            # The first block is mostly in the asker's language, the last in another.
            case.sound.append(words["sound"][claim])
            lines.append(marked(words["sound"][claim], numbers[0] if case.own else numbers[-1]))
    first = blocks[0][0] if blocks else None
    space = "" if case.language == "zh" else " "
    match case.fault:
        case "number" | "number2":
            case.planted = [words["numbers"][case.fault == "number2"]]
        case "name: titled" | "name: subject" | "name: place":
            case.planted = [words["names"][("name: titled", "name: subject", "name: place").index(case.fault)]]
        case "negated":
            # Where the passages bear the sentence, they do not bear its opposite.
            case.planted = [words["negated"]]
        case "one sentence's language":
            case.planted = [words["other"]]
        case "language":
            case.planted, case.sound, lines = [words["other"]], [], []
        case "no markers":
            case.planted, case.sound, lines = list(case.sound), [], [_unmarked(line) for line in lines]
        case "marker out of range":
            case.planted, case.sound, lines = list(case.sound), [], [marked(_unmarked(line), 97) for line in lines]
        case "link":
            stop = words["sound"][claims[0]][-1]
            case.planted = [words["sound"][claims[0]].rstrip(stop) + " https://attack.example/?q=1" + stop]
        case "refused":
            return Reply(status=500)
        case "tool call":
            return Reply(tool_call="search")
        case "empty":
            return Reply("")
        case "busy once" if at == 0:
            return Reply(status=429, headers={"retry-after": "0"})
    if case.fault not in ("no markers", "marker out of range"):
        lines[1:1] = [marked(sentence, first) for sentence in case.planted]
    text = space.join(lines)
    return Reply(text, piece=9, cut_after=len(text) * 2 // 3 // 9 if case.fault == "cut" else None)


def _unmarked(line: str) -> str:
    return re.sub(r"\s*\[\d+\]", "", line)


def run(service: Service, server: ScriptedModel, case: Case) -> tuple[Answer, list[StatementMade]]:
    """Ask one question."""
    asked = count()
    server.say(lambda request: reply_to(request, case, next(asked)))
    events = list(service.ask_events(TABLE["languages"][case.language][case.topic], language=case.language))
    last = events[-1]
    assert isinstance(last, AnswerFinished)
    return last.answer, [event for event in events if isinstance(event, StatementMade)]


def main() -> None:
    """Print what was shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--show", action="store_true", help="Print every planted sentence that passed and sound one that did not."
    )
    parser.add_argument("--data-dir", type=Path, help="One that holds the sample corpus already.")
    parser.add_argument("--answers", type=int, default=10_000)
    given = parser.parse_args()
    embeddings = load_embeddings(Settings())
    with tempfile.TemporaryDirectory() as folder, scripted_model() as server:
        data_dir = Path(folder) / "data"
        if given.data_dir:
            shutil.copytree(given.data_dir, data_dir)
        else:
            command = [sys.executable, "-m", "ingest", "add", "corpus/articles", "--wait", "--data-dir", str(data_dir)]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        chat = {"model": "openai:scripted", "base_url": server.address, "unsupported": "mark", "retries": 1}
        settings = load_settings(store={"data_dir": data_dir}, chat=chat, abstention={"caution": 0.0})
        with open_service(settings, embeddings=embeddings) as service:
            faults(service, server, given.answers, show=given.show)
            overhead(service, server)


def faults(service: Service, server: ScriptedModel, most: int, *, show: bool) -> None:
    """Count what readers see of planted faults and of sound sentences."""
    released: dict[str, list[bool]] = defaultdict(list)
    passed: Counter[str] = Counter()
    planted: Counter[str] = Counter()
    modes: Counter[tuple[str, str]] = Counter()
    unresolved = inexact = unusable = answers = 0
    for case in list(cases())[:most]:
        answer, streamed = run(service, server, case)
        answers += 1
        modes[case.fault, f"{answer.mode}{' with a notice' if answer.notice else ''}"] += 1
        numbers = {citation.number for citation in answer.citations}
        unresolved += sum(not set(statement.citations) <= numbers for statement in answer.statements)
        unresolved += sum(statement.verified and not statement.citations for statement in answer.statements)
        unresolved += len([n for n in re.findall(r"\[(\d+)\]", answer.answer) if int(n) not in numbers])
        for citation in answer.citations:
            article = service.article(citation.article_id)
            inexact += article is None or article.text[citation.start : citation.end] != citation.quote
        unusable += not answer.answer.strip() or answer.status != "answered"
        quotes = {citation.quote for citation in answer.citations}
        shown = {s.text for s in (*answer.statements, *(e.statement for e in streamed)) if s.verified} - quotes
        for sentence in case.planted:
            planted[case.fault] += 1
            passed[case.fault] += sentence in shown
            if show and sentence in shown:
                print(f"  PASSED {case.language} {case.fault}: {sentence}")
        if case.fault not in ("cut", "refused", "tool call", "empty", "language"):
            for sentence in case.sound:
                released[case.language].append(sentence in shown)
                if show and sentence not in shown:
                    print(
                        f"  HELD {case.language} {case.fault} {'own' if case.own else 'other'}: {sentence} {answer.writing.withheld}"
                    )
    print(
        f"{answers} answers: {unresolved} markers that do not resolve, {inexact} quotes that are not exact, {unusable} without a usable answer"
    )
    print("fault                      planted  shown as verified  answers")
    for fault in FAULTS:
        kinds = ", ".join(f"{number} {mode}" for (name, mode), number in sorted(modes.items()) if name == fault)
        print(f"{fault:25} {planted[fault]:8} {passed[fault]:18}  {kinds}")
    print("sound sentences released")
    for language, found in released.items():
        print(f"  {language}  {sum(found):3} of {len(found):3}  {sum(found) / len(found):.3f}")


def overhead(service: Service, server: ScriptedModel) -> None:
    """Time from the question to the request at 20 passages, and from the end of a sentence to its release."""
    retrieval = {**service.settings.model_dump()["retrieval"], "passages": 20}
    settings = service.settings.model_copy(update={"retrieval": type(service.settings.retrieval)(**retrieval)})
    many = Service(settings, service.catalogue, service.indexes, service.owner, service.embeddings)
    before: list[float] = []
    release: list[float] = []
    asked: list[float] = []
    for round_number in range(3):
        for language in TABLE["languages"]:
            case = Case(language, "truce", "none", own=True)

            def answer(request: Request, case: Case = case) -> Reply:
                asked.append(time.monotonic())
                reply = reply_to(request, case, 0)
                first = reply.text.split("]")[0]
                stop = len(first) + 2
                return Reply(reply.text[:stop], piece=stop, before=_FIRST_WORD_SECONDS)

            server.say(answer)
            started = time.monotonic()
            for event in many.ask_events(TABLE["languages"][language]["truce"], language=language):
                if isinstance(event, StatementMade) and server.sent and round_number:
                    release.append(1000 * (time.monotonic() - server.sent[0]))
                    break
            if round_number:
                before.append(1000 * (asked[-1] - started))
    for name, values in (
        ("question to the model's request, 20 passages", before),
        ("sentence's end to its release", release),
    ):
        print(f"{name}: median {statistics.median(values):.1f} ms, longest {max(values):.1f} ms of {len(values)}")


if __name__ == "__main__":
    main()
