"""``sanad`` as a user runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.scripted_model import Reply, scripted_model

ROOT = Path(__file__).resolve().parent.parent.parent
TRUCE = "Who asked for the truce?"


def sanad(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rag.cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env={**os.environ, **(env or {})},
    )


@pytest.fixture(scope="module")
def running(sample_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A data directory and the address of the service that owns it."""
    import shutil

    data_dir = shutil.copytree(sample_data_dir, tmp_path_factory.mktemp("serve") / "data")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rag.cli", "serve", "--port", str(port), "--data-dir", str(data_dir)]
    service = subprocess.Popen(command, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        assert service.poll() is None
        try:
            if httpx.get(f"{address}/health", trust_env=False).status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    yield data_dir, address
    os.kill(service.pid, signal.SIGTERM)
    assert service.wait(30) in (0, -signal.SIGTERM)


def test_ask_beside_a_running_service_asks_that_service(running: tuple[Path, str]) -> None:
    data_dir, _ = running
    done = sanad("ask", TRUCE, "--json", "--data-dir", str(data_dir))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"] == "answered"
    assert answer["schema_version"] == 1
    assert {"number", "article_id", "quote", "start", "end"} <= set(answer["citations"][0])


def test_search_prints_exact_spans_and_honours_filters(running: tuple[Path, str]) -> None:
    data_dir, address = running
    done = sanad("search", TRUCE, "-k", "3", "--language", "fa", "--json", "--data-dir", str(data_dir))
    results = json.loads(done.stdout)["results"]
    assert len(results) == 3
    for hit in results:
        text = httpx.get(f"{address}/v1/articles/{hit['article_id']}", trust_env=False).json()["text"]
        assert text[hit["start"] : hit["end"]] == hit["text"]
        assert hit["language"] in ("fa", "prs")


def test_an_abstention_exits_0_and_shows_the_nearest(running: tuple[Path, str]) -> None:
    done = sanad("ask", "What is the boiling point of gallium?", "--data-dir", str(running[0]))
    assert done.returncode == 0
    assert "does not hold the answer" in done.stdout
    assert "Nearest passages" in done.stdout


def test_a_batch_answers_each_line_in_order_and_reports_bad_ones(running: tuple[Path, str], tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": "a", "question": TRUCE, "filters": {"languages": ["ur"]}}),
        "not json",
        json.dumps({"id": "c"}),
        json.dumps({"id": 4, "question": "جنگ بندی کی درخواست کس نے کی؟", "language": "ur", "answers": []}),
    ]
    batch = tmp_path / "batch.jsonl"
    batch.write_text("\n".join(lines) + "\n", "utf-8")
    for command in ("ask", "search"):
        done = sanad(command, "--batch", str(batch), "--data-dir", str(running[0]))
        assert done.returncode == 1
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert [row["id"] for row in rows] == ["a", None, "c", 4]
        assert [row.get("status") == "error" for row in rows] == [False, True, True, False]


def test_the_page_is_served(running: tuple[Path, str]) -> None:
    page = httpx.get(running[1], trust_env=False)
    assert page.status_code == 200
    assert "Content-Security-Policy" in page.headers


def test_serving_an_owned_directory_or_a_taken_port_says_so_in_one_line(running: tuple[Path, str]) -> None:
    data_dir, address = running
    taken = sanad("serve", "--port", address.rsplit(":", 1)[1], "--data-dir", str(data_dir))
    assert taken.returncode == 1
    assert "--port" in taken.stderr.splitlines()[-1]


def test_verify_asks_the_owner(running: tuple[Path, str]) -> None:
    command = [sys.executable, "-m", "ingest", "verify", "--data-dir", str(running[0])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_status_names_model_and_owner(running: tuple[Path, str]) -> None:
    found = json.loads(sanad("status", "--json", "--data-dir", str(running[0])).stdout)
    assert found["articles"] == 54
    assert found["applied"] == {"vectors": found["revision"], "lexical": found["revision"]}
    assert running[1] in found["owner"]
    assert found["model"].startswith("bundled:multilingual-e5-small")


@pytest.mark.parametrize(
    ("arguments", "env", "code", "says"),
    [
        (["ask"], {}, 2, "--batch"),
        (["ask", "a", "--batch", "b"], {}, 2, "--batch"),
        (["ask", "a", "--since", "soon"], {}, 1, "ISO date"),
        (["status"], {"SANAD_SERVER__PROT": "1"}, 1, "SANAD_SERVER__PORT"),
        (["status"], {"SANAD_SERVER__PORT": "0"}, 1, "SANAD_SERVER__PORT"),
        (["status", "--data-dir", "/dev/null/x"], {}, 1, "--data-dir"),
    ],
    ids=["nothing asked", "asked twice", "no date", "unknown setting", "setting out of bounds", "no directory"],
)
def test_wrong_use_is_one_clear_line(
    arguments: list[str], env: dict[str, str], code: int, says: str, running: tuple[Path, str]
) -> None:
    if "--data-dir" not in arguments:
        arguments = [*arguments, "--data-dir", str(running[0])]
    done = sanad(*arguments, env=env)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom rag.cli import app\nimport ingest.cli\n"
        "heavy = {'torch', 'chromadb', 'sentence_transformers', 'gradio', 'langchain_core', 'tantivy', 'trafilatura'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    assert "serve" in sanad("--help").stdout


def test_calibrate_leaves_means_in_the_data_directory_and_refuses_a_text_of_one_language(tmp_path: Path) -> None:
    for language, line in (("ur", "یہ ایک جملہ ہے۔"), ("en", "This is a sentence.")):
        (tmp_path / f"{language}.txt").write_text(f"{line}\n" * 20, "utf-8")
    done = sanad("calibrate", str(tmp_path), "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert "2 languages" in done.stdout
    assert (tmp_path / "data" / "language_means.npz").exists()
    (tmp_path / "en.txt").unlink()
    refused = sanad("calibrate", str(tmp_path), "--data-dir", str(tmp_path / "data"))
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "at least two languages" in refused.stderr


def test_doctor_tries_every_part_and_says_what_is_wrong(sample_data_dir: Path, tmp_path: Path) -> None:
    import shutil

    data_dir = shutil.copytree(sample_data_dir, tmp_path / "data")
    done = sanad("doctor", "--json", "--data-dir", str(data_dir))
    assert done.returncode == 0, done.stderr
    checks = {check["name"]: check for check in map(json.loads, done.stdout.splitlines())}
    assert {name: check["state"] for name, check in checks.items()} == {
        "collection": "ok", "embedding": "ok", "indexes": "ok", "chats": "ok", "chat": "off",
    }  # fmt: skip
    assert "54 articles" in checks["collection"]["detail"]
    (data_dir / "conversations.sqlite3").write_bytes(b"no database at all, " * 400)
    wrong = sanad("doctor", "--json", "--data-dir", str(data_dir))
    assert wrong.returncode == 1
    checks = {check["name"]: check for check in map(json.loads, wrong.stdout.splitlines())}
    assert {name for name, check in checks.items() if check["state"] == "fault"} == {"chats"}
    assert "remove it to begin anew" in checks["chats"]["detail"]


def test_doctor_names_a_chat_model_that_does_not_answer_and_one_that_does(tmp_path: Path) -> None:
    with scripted_model([Reply("ready")]) as server:
        env = {
            "SANAD_CHAT__MODEL": "openai:first", "SANAD_CHAT__BASE_URL": "http://127.0.0.1:9/v1",
            "SANAD_CHAT__FALLBACK_MODEL": "openai:second", "SANAD_CHAT__FALLBACK_BASE_URL": server.address,
        }  # fmt: skip
        done = sanad("doctor", "--data-dir", str(tmp_path / "data"), env=env)
    assert done.returncode == 1
    lines = {line.split()[1]: line for line in done.stdout.splitlines()}
    assert lines["collection"].startswith("fault")
    assert "python -m ingest add" in lines["collection"]
    assert lines["chat"].startswith("fault")
    assert "SANAD_CHAT__BASE_URL" in lines["chat"]
    assert lines["fallback"].startswith("ok")
