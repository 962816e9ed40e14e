import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ingest.cli import app
from rag.catalogue import open_catalogue
from rag.embedding import SanadEmbeddings
from rag.errors import ModelMismatchError, SanadError
from rag.service import open_service
from rag.settings import load_settings

ROOT = Path(__file__).parents[2]
ENGLISH = "The council met on Tuesday evening. It agreed to repair the old bridge before the winter rains begin."
URDU = "کونسل کا اجلاس منگل کی شام ہوا۔ پرانے پل کی مرمت سردیوں کی بارش سے پہلے ہوگی۔"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, embeddings: SanadEmbeddings) -> Run:
    """Run one command against a data directory of its own."""

    def invoke(command: str, *arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [command, *map(str, arguments), "--data-dir", str(tmp_path / "data")])

    return invoke


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    (path / "en.md").write_text(f"---\nid: bridge-en\ntitle: Bridge\nlanguage: en\n---\n\n{ENGLISH}\n", "utf-8")
    (path / "ur.md").write_text(
        f"---\nid: bridge-ur\ntitle: پل\nlanguage: ur\nsource: روزنامہ\n---\n\n{URDU}\n", "utf-8"
    )
    return path


def ingest(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ingest", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=120, **options)


def many(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            text = f"Report {number}. {ENGLISH} The clerk counted {number * 7} votes."
            file.write(json.dumps({"id": f"a{number}", "title": f"Report {number}", "text": text}) + "\n")
    return path


# --- add ---


def test_add_prints_each_recorded_id_and_a_summary(run: Run, folder: Path) -> None:
    result = run("add", folder)
    assert result.exit_code == 0, result.output
    first, second, summary = result.stdout.splitlines()
    assert (first, second) == ("added bridge-en", "added bridge-ur")
    assert summary.startswith("added 2, updated 0, unchanged 0, failed 0; 2 passages in ")
    assert "data directory" in result.stderr


def test_add_json_is_one_object_with_the_agreed_fields(run: Run, folder: Path) -> None:
    (folder / "a.pdf").write_bytes(b"%PDF-1.7")
    result = run("add", folder, "--json")
    report = json.loads(result.stdout)
    assert report.pop("seconds") >= 0
    assert report == {
        "added": 2,
        "updated": 0,
        "unchanged": 0,
        "failed": [
            {"path": str(folder / "a.pdf"), "reason": "PDF is not read yet; save it as .md, .txt, .html or .jsonl"}
        ],
        "passages": 2,
        "searchable": False,
        "articles": {"added": ["bridge-en", "bridge-ur"], "updated": []},
    }
    assert result.exit_code == 1
    assert "a.pdf: PDF is not read yet" in result.stderr


def test_add_skips_what_is_unchanged_and_updates_what_changed(run: Run, folder: Path) -> None:
    run("add", folder)
    assert "unchanged 2" in run("add", folder).stdout
    (folder / "en.md").write_text("---\nid: bridge-en\n---\n\nNew text.\n", "utf-8")
    result = run("add", folder)
    assert result.stdout.startswith("updated bridge-en\nadded 0, updated 1, unchanged 1, failed 0")
    assert run("show", "bridge-en").stdout == "New text.\n"


def test_add_refuses_an_id_of_another_origin_until_it_may_replace_it(run: Run, folder: Path, tmp_path: Path) -> None:
    run("add", folder)
    other = tmp_path / "other.md"
    other.write_text("---\nid: bridge-en\n---\n\nOther text.\n", "utf-8")
    refused = run("add", other)
    assert refused.exit_code == 1
    assert f"is held from {str(folder / 'en.md')!r}" in refused.stderr
    assert run("add", other, "--replace").exit_code == 0
    assert run("show", "bridge-en").stdout == "Other text.\n"


def test_add_wait_makes_everything_searchable_by_both_legs(
    run: Run, folder: Path, tmp_path: Path, embeddings: SanadEmbeddings
) -> None:
    report = json.loads(run("add", folder, "--wait", "--json").stdout)
    assert report["searchable"] is True
    chosen = load_settings(store={"data_dir": tmp_path / "data"})
    with open_service(chosen, embeddings=embeddings) as service:
        wanted = {p.passage_id for p in service.catalogue.article_passages("bridge-ur")}
        assert wanted & set(service.dense_search("پل کی مرمت کب ہوگی؟", 1))
        assert wanted & set(service.lexical_search("پل کی مرمت کب ہوگی؟", 1))


def test_add_of_an_empty_folder_says_that_nothing_was_found(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("add", tmp_path / "empty")
    assert result.exit_code == 0
    assert "no documents were found" in result.stderr


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("https://example.org/feed", "addresses and feeds are not read yet"),
        ("www.example.org", "addresses and feeds are not read yet"),
        ("no-such-file.md", "does not exist"),
        ("", "does not exist"),
    ],
)
def test_add_refuses_a_source_it_cannot_read_as_wrong_usage(run: Run, tmp_path: Path, source: str, said: str) -> None:
    result = run("add", source)
    assert result.exit_code == 2
    assert said in " ".join(re.sub(r"[│\s]+", " ", result.stderr).split())
    assert not (tmp_path / "data").exists()


def test_add_without_a_source_is_wrong_usage(run: Run) -> None:
    assert run("add").exit_code == 2


def test_add_refuses_another_model_than_the_collections(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", folder)
    monkeypatch.setenv("SANAD_EMBEDDING__PASSAGE_PROMPT", "text: ")
    result = run("add", folder)
    assert isinstance(result.exception, ModelMismatchError)


def test_reembed_brings_the_collection_to_the_model_of_the_settings(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", folder, "--wait")
    monkeypatch.setenv("SANAD_EMBEDDING__PASSAGE_PROMPT", "text: ")
    report = json.loads(run("reembed", "--json").stdout)
    assert (report["articles"], report["passages"], report["adopted"]) == (2, 2, True)
    assert "unchanged 2" in run("add", folder).stdout
    assert run("verify").stdout.startswith("sound")
    again = run("reembed")
    assert again.exit_code == 0
    assert again.stdout.startswith("0 articles")


# --- list, show, remove, status, verify ---


def test_list_names_every_article(run: Run, folder: Path) -> None:
    run("add", folder)
    assert run("list").stdout.splitlines() == [
        "bridge-en\ten\t-\t-\t1\tBridge",
        "bridge-ur\tur\t-\tروزنامہ\t1\tپل",
    ]
    records = json.loads(run("list", "--json").stdout)
    assert [record["article_id"] for record in records] == ["bridge-en", "bridge-ur"]
    assert records[1]["characters"] == len(URDU) + 1


def test_list_keeps_one_line_for_each_article_whatever_its_title_holds(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "a", "title": "One\nadded evil\t\x1b[2J", "text": ENGLISH}) + "\n", "utf-8")
    run("add", path)
    assert run("list").stdout == "a\ten\t-\t-\t1\tOne\\nadded evil\\t\\x1b[2J\n"


def test_show_prints_exactly_the_stored_text(run: Run, tmp_path: Path) -> None:
    text = "  Edges stay. \r\n\nکتاب‌ها 👍\u2028end\t"
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "a", "title": "T", "text": text, "tags": ["x"]}) + "\n", "utf-8")
    run("add", path)
    assert run("show", "a").stdout_bytes == text.encode()
    shown = json.loads(run("show", "a", "--json").stdout)
    assert shown["text"] == text
    assert shown["extra"] == {"tags": ["x"]}
    assert shown["origin"] == str(path)
    covered = "".join(text[span["start"] : span["end"]] for span in shown["passages"])
    assert covered.split() == text.split()


def test_an_id_may_be_given_in_either_normal_form(run: Run, tmp_path: Path) -> None:
    (tmp_path / "caf\u00e9.txt").write_text(ENGLISH, "utf-8")
    run("add", tmp_path / "caf\u00e9.txt")
    assert run("show", "cafe\u0301.txt").stdout == ENGLISH
    assert run("remove", "cafe\u0301.txt").stdout == "removed caf\u00e9.txt\n"


def test_show_of_an_unknown_id_is_an_error_that_names_it(run: Run, folder: Path) -> None:
    run("add", folder)
    result = run("show", "nope")
    assert isinstance(result.exception, SanadError)
    assert "'nope'" in str(result.exception)


def test_remove_leaves_nothing_of_an_article_and_names_what_is_unknown(
    run: Run, folder: Path, tmp_path: Path, embeddings: SanadEmbeddings
) -> None:
    run("add", folder, "--wait")
    result = run("remove", "bridge-ur", "nope", "bridge-ur")
    assert result.exit_code == 1
    assert result.stdout == "removed bridge-ur\n"
    assert "'nope'" in result.stderr
    assert run("verify").stdout.startswith("sound: 1 articles")
    chosen = load_settings(store={"data_dir": tmp_path / "data"})
    with open_service(chosen, embeddings=embeddings) as service:
        assert service.lexical_search("پل کی مرمت", 10) == []
        assert {hit.article_id for hit in service.search("پل کی مرمت", k=10).hits} == {"bridge-en"}
    assert not any("مرمت".encode() in path.read_bytes() for path in (tmp_path / "data").rglob("catalogue*"))


def test_status_counts_articles_passages_and_languages(run: Run, folder: Path) -> None:
    run("add", folder, "--wait")
    found = json.loads(run("status", "--json").stdout)
    assert (found["articles"], found["passages"], found["languages"]) == (2, 2, {"en": 1, "ur": 1})
    assert found["applied"] == {"vectors": 2, "lexical": 2}
    assert found["model"].startswith("bundled:")
    assert "articles   2" in run("status").stdout


def test_verify_repair_rebuilds_a_damaged_index(run: Run, folder: Path, tmp_path: Path) -> None:
    run("add", folder, "--wait")
    assert run("verify", "--json").exit_code == 0
    for path in (tmp_path / "data" / "indexes" / "lexical" / "tantivy").glob("*.idx"):
        # In its place: what this process still has mapped of the old file must not shrink under it.
        path.unlink()
        path.write_bytes(b"")
    result = run("verify", "--repair", "--json")
    assert result.exit_code == 0, result.output
    assert run("verify").exit_code == 0


@pytest.mark.parametrize("command", ["list", "status", "verify", "reembed"])
def test_a_command_on_a_missing_collection_says_so_and_makes_nothing(run: Run, tmp_path: Path, command: str) -> None:
    result = run(command)
    assert isinstance(result.exception, SanadError)
    assert "python -m ingest add" in str(result.exception)
    assert not (tmp_path / "data").exists()


# --- the real process ---


def test_help_comes_in_half_a_second() -> None:
    took = []
    for _ in range(3):
        started = time.monotonic()
        assert "reembed" in ingest("--help").stdout
        took.append(time.monotonic() - started)
    assert min(took) < 0.5, took


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['ingest', '--help']\n"
        "try:\n    import ingest.__main__; ingest.__main__.main()\n"
        "except SystemExit:\n    pass\n"
        "print(sorted({'torch', 'chromadb', 'trafilatura', 'langchain_core', 'numpy', 'tantivy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_an_error_is_one_line_on_stderr_and_exit_code_1(tmp_path: Path) -> None:
    done = ingest("list", "--data-dir", tmp_path / "none")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"ingest: There is no collection in .*\n", done.stderr)


def test_an_unknown_setting_is_one_line_with_the_nearest_known_one(tmp_path: Path) -> None:
    done = ingest("list", env={**os.environ, "SANAD_STORE__DATADIR": "x"})
    assert done.returncode == 1
    assert "SANAD_STORE__DATA_DIR" in done.stderr
    assert done.stderr.count("\n") == 1


def test_output_is_utf8_in_any_locale(folder: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    environment = {**os.environ, "LC_ALL": "en_US.ISO-8859-1", "PYTHONIOENCODING": "latin-1"}
    assert ingest("add", folder, "--data-dir", data_dir, env=environment).returncode == 0
    assert "روزنامہ" in ingest("list", "--data-dir", data_dir, env=environment).stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_with_a_report_and_nothing_lost(tmp_path: Path, number: signal.Signals) -> None:
    path, data_dir = many(tmp_path / "many.jsonl", 4_000), tmp_path / "data"
    command = [sys.executable, "-m", "ingest", "add", str(path), "--data-dir", str(data_dir)]
    errors = tmp_path / "stderr"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(number)
        # Not communicate(): it would miss the lines that readline() has buffered.
        rest = process.stdout.read()
    assert process.returncode == 128 + number, errors.read_text()
    lines = [first.strip(), *rest.splitlines()]
    reported = [line.removeprefix("added ") for line in lines[:-1]]
    assert lines[-1].startswith(f"added {len(reported)}, ")
    assert len(reported) < 4_000
    catalogue = open_catalogue(data_dir)
    assert [record.article_id for record in catalogue.articles()] == reported
    catalogue.close()


def test_a_reader_that_goes_away_does_not_damage_anything(tmp_path: Path) -> None:
    path, data_dir = many(tmp_path / "many.jsonl", 600), tmp_path / "data"
    command = f"{sys.executable} -m ingest add {path} --data-dir {data_dir} | head -n 1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("added a0")
    assert "Traceback" not in done.stderr
    assert ingest("verify", "--data-dir", data_dir).returncode == 0


def test_a_full_disk_is_one_line_and_what_was_reported_is_kept(tmp_path: Path) -> None:
    path, data_dir = many(tmp_path / "many.jsonl", 800), tmp_path / "data"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

    done = ingest("add", path, "--data-dir", data_dir, preexec_fn=limit)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert re.search(r"^ingest: The catalogue .* run the command again", done.stderr, re.MULTILINE)
    *added, summary = done.stdout.splitlines()
    assert summary.startswith(f"added {len(added)}, ")
    catalogue = open_catalogue(data_dir)
    assert [f"added {record.article_id}" for record in catalogue.articles()] == added
    catalogue.close()
