"""``sanad evaluate`` over a small dataset in three languages: real ingest, real service, bundled model."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ConfigurationError, CorpusError
from rag.evaluation.answers import AnswerJudge
from rag.evaluation.collection import Collection, prepare_collection
from rag.evaluation.datasets import Dataset, choose_questions, load_dataset
from rag.evaluation.report import build_results, write_report
from rag.evaluation.runner import Plan, run_questions
from rag.evaluation.scope import Scope
from rag.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent.parent

# Invented. Topic: in each language a report, a question and the string that answers it.
TOPICS = {
    "bridge": {
        "en": (
            "The new bridge over the Lorna river was opened on Monday. It cost 41 million crowns.",
            "How much did the Lorna bridge cost?",
            "41 million",
        ),
        "de": (
            "Die neue Brücke über den Fluss Lorna wurde am Montag eröffnet. Sie kostete 41 Millionen Kronen.",
            "Wie viel kostete die Lorna-Brücke?",
            "41 Millionen",
        ),
        "ur": (
            "دریائے لورنا پر نیا پل پیر کو کھول دیا گیا۔ اس پر ۴۱ ملین کراؤن لاگت آئی۔",
            "لورنا کے پل پر کتنی لاگت آئی؟",
            "41 ملین",
        ),
    },
    "vaccine": {
        "en": (
            "Nurses in Tarvik vaccinated 900 children against measles this week. The clinic was led by Ilma Sorn.",
            "Who led the measles clinic in Tarvik?",
            "Ilma Sorn",
        ),
        "de": (
            "Pflegekräfte in Tarvik impften diese Woche 900 Kinder gegen Masern. Die Klinik leitete Ilma Sorn.",
            "Wer leitete die Masernklinik in Tarvik?",
            "Ilma Sorn",
        ),
        "ur": (
            "تاروک میں نرسوں نے اس ہفتے ۹۰۰ بچوں کو خسرے کے ٹیکے لگائے۔ کلینک کی سربراہی علما سورن نے کی۔",
            "تاروک میں خسرے کے کلینک کی سربراہی کس نے کی؟",
            "علما سورن",
        ),
    },
    "harvest": {
        "en": (
            "Wheat farmers in the Osk valley lost half of their harvest to hail. Prices rose in the markets.",
            "What destroyed the wheat harvest in the Osk valley?",
            "hail",
        ),
        "de": (
            "Weizenbauern im Osktal verloren die Hälfte ihrer Ernte durch Hagel. Auf den Märkten stiegen die Preise.",
            "Was zerstörte die Weizenernte im Osktal?",
            "Hagel",
        ),
        "ur": (
            "وادی اوسک میں گندم کے کسانوں کی آدھی فصل ژالہ باری سے تباہ ہو گئی۔ منڈیوں میں قیمتیں بڑھ گئیں۔",
            "وادی اوسک میں گندم کی فصل کس چیز سے تباہ ہوئی؟",
            "ژالہ باری",
        ),
    },
}
LANGUAGES = ("de", "en", "ur")


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def write_dataset(folder: Path, copies: int = 1) -> Path:
    """Three topics in three languages; the questions are repeated under other ids to make a longer run."""
    folder.mkdir(parents=True)
    corpus, queries, own, parallel = [], [], [], []
    for topic, reports in TOPICS.items():
        for language, (text, question, answer) in reports.items():
            corpus.append({"id": f"{language}-{topic}", "lang": language, "title": "", "text": text})
            for copy in range(copies):
                query = f"{language}-{topic}-{copy}"
                queries.append({"id": query, "lang": language, "question": question, "answers": [answer]})
                own.append(f"{query}\t{language}-{topic}\t1")
                parallel += [f"{query}\t{other}-{topic}\t1" for other in LANGUAGES]
    nothing = {"id": "en-x", "lang": "en", "question": "What is the boiling point of gallium?", "answerable": False}
    write_lines(folder / "corpus.jsonl", corpus)
    write_lines(folder / "queries.jsonl", [*queries, nothing])
    (folder / "qrels.tsv").write_text("\n".join(own) + "\n", "utf-8")
    (folder / "qrels_xling.tsv").write_text("\n".join(parallel) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Collection]:
    """The dataset and its collection, taken in by the command a user runs."""
    folder = tmp_path_factory.mktemp("evaluate")
    dataset = load_dataset(write_dataset(folder / "three"))
    return dataset, prepare_collection(dataset, load_settings(), folder / "work")


def evaluated(
    prepared: tuple[Dataset, Collection], plan: Plan, *, qrels: str = "qrels.tsv", at: int = 8
) -> tuple[dict[str, Any], dict[str, list[float]]]:
    dataset = load_dataset(prepared[0].directory, qrels=qrels)
    collection = prepared[1]
    run = run_questions(dataset, collection, plan)
    return build_results(dataset, plan, run, collection.settings, at=at, asked_for={"qrels": qrels})


def sanad(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rag.cli", "evaluate", *arguments],
        cwd=cwd, env=environment(), capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_own_documents_are_found_and_parallel_ones_counted(prepared: tuple[Dataset, Collection]) -> None:
    results, latencies = evaluated(prepared, Plan(answers=True))
    ranking = results["ranking"]
    assert results["counts"] == {
        "questions": 10, "asked": 10, "judged": 9, "excluded_unanswerable": 1, "excluded_no_relevant_document": 0,
    }  # fmt: skip
    assert set(ranking["languages"]) == set(LANGUAGES)
    assert ranking["macro"]["R@5"]["mean"] == 1
    # Nine documents, so the top 8 hold nearly all of what is parallel.
    assert ranking["macro"]["parallel recall@8"]["mean"] > 0.9
    assert ranking["macro"]["top 1 right"]["mean"] == 1
    assert 0.25 <= ranking["macro"]["own-language share@8"]["mean"] <= 0.5
    answers = results["answers"]
    assert answers["citations"]["given"] == answers["citations"]["exact"] > 0
    assert answers["macro"]["answer in quotes"]["mean"] > 0.6
    assert set(answers["risk_coverage"]) == {"all", *LANGUAGES}
    assert {name: len(values) for name, values in latencies.items()} == {"search": 10, "ask": 10}
    assert results["model"].startswith("bundled:")


def test_the_documents_asked_of_decide_what_counts(prepared: tuple[Dataset, Collection]) -> None:
    dataset = prepared[0]
    own, others, named = (Scope(dataset, over) for over in ("own", "others", "de, en"))
    urdu = next(question for question in dataset.questions if question.language == "ur")
    assert own.languages(urdu) == ("ur",)
    assert others.languages(urdu) == named.languages(urdu) == ("de", "en")
    results, _ = evaluated(prepared, Plan(over="others"), qrels="qrels_xling.tsv")
    assert results["counts"]["judged"] == 9
    assert results["ranking"]["relevant_documents"] == 2
    assert "own-language share@8" not in results["ranking"]["measures"]
    results, _ = evaluated(prepared, Plan(over="others"))
    assert results["counts"]["excluded_no_relevant_document"] == 9
    assert results["ranking"] is None
    with pytest.raises(ConfigurationError, match="de, en, ur"):
        Scope(dataset, "fr")


def test_a_quote_in_another_language_holds_the_answer_of_the_translation(
    prepared: tuple[Dataset, Collection],
) -> None:
    dataset, collection = prepared
    run = run_questions(dataset, collection, Plan(over="de", answers=True))
    parallel = load_dataset(dataset.directory, qrels="qrels_xling.tsv")
    judged = AnswerJudge(parallel, Plan(over="de", answers=True), run, caution=0.0).answers()
    assert judged is not None
    assert judged["languages"]["ur"]["answer in quotes"]["mean"] > 0.6


def test_the_heat_map_asks_each_language_apart_on_request(prepared: tuple[Dataset, Collection]) -> None:
    together, _ = evaluated(prepared, Plan())
    apart, _ = evaluated(prepared, Plan(matrix=True))
    assert together["heat_map"]["question_languages"] == list(LANGUAGES)
    assert apart["heat_map"]["values"] == [[1.0] * 3] * 3
    assert not together["heat_map"]["apart"]


def test_candidates_are_the_only_documents_a_question_is_asked_of(
    prepared: tuple[Dataset, Collection], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(prepared[0].directory, tmp_path / "three"))
    question = {"id": "en-q", "lang": "en", "question": "How much did the bridge cost?", "candidates": ["ur-bridge"]}
    write_lines(folder / "queries.jsonl", [question])
    (folder / "qrels.tsv").write_text("en-q\tur-bridge\t1\nen-q\ten-bridge\t1\n", "utf-8")
    (folder / "qrels_xling.tsv").unlink()
    dataset = load_dataset(folder)
    run = run_questions(dataset, prepared[1], Plan())
    assert run.asked["en-q"].articles == ("ur-bridge",)
    assert Scope(dataset, "all").relevant(dataset.qrels) == {"en-q": {"ur-bridge": 1}}


def test_what_was_asked_is_kept_until_the_settings_change(prepared: tuple[Dataset, Collection]) -> None:
    dataset, collection = prepared
    plan = Plan(k=17)
    assert run_questions(dataset, collection, plan).reused == 0
    again = run_questions(dataset, collection, plan)
    assert again.reused == len(again.asked) == 10
    assert run_questions(dataset, collection, plan, fresh=True).reused == 0
    retrieval = collection.settings.retrieval.model_copy(update={"lexical_weight": 0.0})
    changed = collection.settings.model_copy(update={"retrieval": retrieval})
    other = Collection(collection.key, collection.directory, changed, 9, 0)
    assert run_questions(dataset, other, plan).reused == 0


def test_a_line_cut_short_is_asked_again(prepared: tuple[Dataset, Collection]) -> None:
    dataset, collection = prepared
    plan = Plan(k=19)
    first = run_questions(dataset, collection, plan)
    (path,) = (path for path in collection.directory.glob("runs/*.jsonl") if newest(path, collection))
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    second = run_questions(dataset, collection, plan)
    assert second.reused == 9
    assert {identifier: one.articles for identifier, one in second.asked.items()} == {
        identifier: one.articles for identifier, one in first.asked.items()
    }
    assert path.read_bytes().count(b"\n") == 10


def newest(path: Path, collection: Collection) -> bool:
    return path == max(collection.directory.glob("runs/*.jsonl"), key=lambda one: one.stat().st_mtime_ns)


def test_a_corpus_is_taken_in_once_however_often_it_moves(prepared: tuple[Dataset, Collection], tmp_path: Path) -> None:
    dataset, collection = prepared
    assert (collection.added, collection.unchanged) == (9, 0)
    moved = load_dataset(Path(shutil.copytree(dataset.directory, tmp_path / "elsewhere")))
    again = prepare_collection(moved, load_settings(), collection.directory.parent)
    assert again.directory == collection.directory
    assert (again.added, again.unchanged) == (0, 9)
    longer = Settings().model_copy(update={"store": Settings().store.model_copy(update={"passage_tokens": 90})})
    other = prepare_collection(moved, longer, collection.directory.parent)
    assert other.directory != collection.directory


def test_a_sample_is_the_same_questions_in_every_language(tmp_path: Path) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "six", copies=6))
    small, large = (choose_questions(dataset, limit=limit).questions for limit in (2, 5))
    assert {question.question_id for question in small} < {question.question_id for question in large}
    families = {
        language: {question.family for question in small if question.language == language} for language in LANGUAGES
    }
    assert families["de"] == families["ur"]
    assert len(families["de"]) == 2
    with pytest.raises(ConfigurationError, match="No question is in 'fr'"):
        choose_questions(dataset, ["fr"])


@pytest.mark.parametrize(
    ("file", "line", "says"),
    [
        ("corpus.jsonl", "{not json", r"corpus.jsonl:10: it is not JSON"),
        ("corpus.jsonl", '{"id": "a"}', r"corpus.jsonl:10: text: Field required"),
        ("corpus.jsonl", '{"id": "en-bridge", "lang": "en", "text": "x"}', r"corpus.jsonl:10: .*was there before"),
        ("corpus.jsonl", '{"id": "a", "lang": "English language", "text": "x"}', r"corpus.jsonl:10: lang: "),
        ("queries.jsonl", '{"id": "a", "question": "b"}', r"queries.jsonl:11: lang: it is missing"),
        ("queries.jsonl", '{"id": "a", "lang": "en", "question": ""}', r"queries.jsonl:11: question: "),
        ("queries.jsonl", '{"id": "a", "lang": "en", "question": "b", "candidates": ["n"]}', r":11: candidates: .*'n'"),
        ("qrels.tsv", "en-bridge-0 en-bridge 1", r"qrels.tsv:10: it has 1 columns"),
        ("qrels.tsv", "en-bridge-0\tnone\t1", r"qrels.tsv:10: there is no document 'none'"),
        ("qrels.tsv", "none\ten-bridge\t1", r"qrels.tsv:10: there is no question 'none'"),
        ("qrels_xling.tsv", "en-bridge-0\ten-bridge\tyes", r"qrels_xling.tsv:28: the grade 'yes'"),
    ],
)
def test_a_broken_line_is_refused_by_file_and_number(file: str, line: str, says: str, tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "broken")
    with (folder / file).open("a", encoding="utf-8") as broken:
        broken.write(line + "\n")
    with pytest.raises(CorpusError, match=says):
        load_dataset(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "broken")
    with pytest.raises(CorpusError, match=r"other.tsv: it is missing"):
        load_dataset(folder, qrels="other.tsv")
    with pytest.raises(ConfigurationError, match="is not a folder"):
        load_dataset(tmp_path / "nowhere")


def test_a_document_that_cannot_be_taken_in_is_named_and_counts_as_not_found(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "refused")
    blank = json.dumps({"id": "en-blank", "lang": "en", "text": "\u200b"})
    with (folder / "corpus.jsonl").open("a", encoding="utf-8") as corpus:
        corpus.write(blank + "\n")
    (folder / "qrels.tsv").write_text("en-bridge-0\ten-blank\t1\n", "utf-8")
    dataset = load_dataset(folder)
    collection = prepare_collection(dataset, load_settings(), tmp_path / "work")
    assert collection.refused == ("corpus.jsonl:10: its text is empty",)
    run = run_questions(dataset, collection, Plan())
    results, _ = build_results(dataset, Plan(), run, collection.settings, at=8, asked_for={})
    assert results["dataset"]["refused"] == list(collection.refused)
    assert results["ranking"]["macro"]["R@5"]["mean"] == 0
    (folder / "corpus.jsonl").write_text(blank + "\n", "utf-8")
    for name in ("qrels.tsv", "qrels_xling.tsv"):
        (folder / name).write_text("", "utf-8")
    with pytest.raises(CorpusError, match=r"corpus.jsonl:1: its text is empty"):
        prepare_collection(load_dataset(folder), load_settings(), tmp_path / "work")


def test_charts_and_reports_are_the_same_bytes_every_time(prepared: tuple[Dataset, Collection], tmp_path: Path) -> None:
    results, latencies = evaluated(prepared, Plan(answers=True))
    first, second = (write_report(results, latencies, tmp_path / name) for name in "ab")
    assert [path.name for path in first] == [
        "results.json", "report.md", "heat_map.png", "heat_map.svg", "risk_coverage.png", "risk_coverage.svg",
        "latency.png", "latency.svg",
    ]  # fmt: skip
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        if one.suffix == ".png":
            assert one.read_bytes().startswith(b"\x89PNG")
    report = (tmp_path / "a" / "report.md").read_text("utf-8")
    assert "![Risk and coverage](risk_coverage.svg)" in report
    assert "| ur " in report
    plain, searches = evaluated(prepared, Plan())
    write_report(plain, searches, tmp_path / "a")
    assert not (tmp_path / "a" / "risk_coverage.svg").exists()


def test_a_killed_run_goes_on_where_it_was_and_embeds_nothing_again(tmp_path: Path) -> None:
    folder, work = write_dataset(tmp_path / "three", copies=12), tmp_path / "work"
    arguments = [str(folder), "--work", str(work), "--answers", "--json"]
    command = [sys.executable, "-m", "rag.cli", "evaluate", *arguments]
    killed = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 200
    while not (kept := [path for path in work.glob("*/runs/*.jsonl") if path.read_bytes().count(b"\n") >= 5]):
        assert killed.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(30)
    before = kept[0].read_bytes()
    done = before[: before.rindex(b"\n") + 1]
    asked = done.count(b"\n")
    assert asked < 109

    resumed = sanad(*arguments, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert f"{109 - asked} asked, {asked} kept" in resumed.stderr
    assert "0 documents taken in, 9 were there" in resumed.stderr
    assert kept[0].read_bytes().startswith(done)
    results = json.loads(resumed.stdout)
    assert results["counts"]["asked"] == 109
    written = tmp_path / "evaluation" / "three"
    assert json.loads((written / "results.json").read_text("utf-8")) == results
    assert {path.suffix for path in written.iterdir()} == {".json", ".md", ".png", ".svg"}

    again = sanad(*arguments[:-1], cwd=tmp_path)
    assert "0 asked, 109 kept" in again.stderr
    assert "| macro " in again.stdout
    assert json.loads((written / "results.json").read_text("utf-8")) == results


def test_a_broken_dataset_and_wrong_options_are_one_clear_line(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "three")
    with (folder / "qrels.tsv").open("a", encoding="utf-8") as qrels:
        qrels.write("oops\n")
    broken = sanad(str(folder), "--work", str(tmp_path / "work"), cwd=tmp_path)
    assert broken.returncode == 1
    assert broken.stderr.startswith(f"sanad: {folder / 'qrels.tsv'}:10: ")
    wrong = sanad(str(folder), "--at", "30", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "raise --k" in wrong.stderr
    (folder / "qrels.tsv").write_text("", "utf-8")
    nothing = sanad(str(folder), "--work", str(tmp_path / "work"), cwd=tmp_path)
    assert nothing.returncode == 1
    assert "--answers" in nothing.stderr
    assert not (tmp_path / "work").exists()


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.evaluation.command import evaluate

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"ir_measures and matplotlib.*sanad\[evaluate\]"):
        evaluate(tmp_path)
