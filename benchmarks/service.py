"""Speed and memory of the real commands: ingest, start, search and ask over HTTP beside a running ``sanad serve``.

Over XQuAD's paragraphs in every language where they are here, over the sample corpus otherwise.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
XQUAD = ROOT.parent / "shared" / "eval" / "xquad"


def quantile(values: list[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def resident_mib(process: int) -> float:
    """Resident memory of a process in MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found.group(1)) / 1024 if found else 0.0


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=300)
    given = parser.parse_args()
    corpus = XQUAD / "corpus.jsonl" if XQUAD.exists() else ROOT / "corpus" / "articles"
    asked = XQUAD / "queries.jsonl" if XQUAD.exists() else ROOT / "corpus" / "questions.jsonl"
    questions = [json.loads(line)["question"] for line in asked.read_text("utf-8").splitlines()]
    questions = questions[:: max(1, len(questions) // given.questions)]
    with tempfile.TemporaryDirectory() as folder:
        data_dir = str(Path(folder) / "data")
        add = [sys.executable, "-m", "ingest", "add", str(corpus), "--json", "--data-dir", data_dir]
        done = subprocess.run(add, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, text=True)
        report = json.loads(done.stdout.splitlines()[-1])
        rate = report["passages"] / report["seconds"]
        print(f"ingest: {report['passages']} passages in {report['seconds']:.1f} s, {rate:.0f} passages/s")
        subprocess.run([*add, "--wait"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)

        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        started = time.monotonic()
        command = [sys.executable, "-m", "rag.cli", "serve", "--port", str(port), "--data-dir", data_dir]
        service = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http:
                while True:
                    try:
                        http.post("/v1/search", json={"question": questions[0]}).raise_for_status()
                        break
                    except httpx.TransportError:
                        time.sleep(0.1)
                print(f"start to first answer: {time.monotonic() - started:.1f} s")
                searches, asks = [], []
                for question in questions:
                    found = http.post("/v1/search", json={"question": question}).json()
                    searches.append(found["timings_ms"]["total"])
                for question in questions:
                    answer = http.post("/v1/ask", json={"question": question}).text
                    asks.append(json.loads(answer.rsplit("data: ", 1)[1])["timings_ms"]["total"])
            for name, values in (("search", searches), ("ask", asks)):
                print(
                    f"{name}: timings_ms.total p50 {quantile(values, 0.5):.1f}, p95 {quantile(values, 0.95):.1f} "
                    f"over {len(values)} questions"
                )
            print(f"resident memory of the service: {resident_mib(service.pid):.0f} MiB")
        finally:
            os.kill(service.pid, signal.SIGTERM)
            service.wait(30)


if __name__ == "__main__":
    main()
