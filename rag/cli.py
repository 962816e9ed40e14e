"""The command line: ``sanad serve | ask | search | status | doctor | calibrate | evaluate``.

Heavy imports wait until a command needs them.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.errors import SanadError
from rag.evaluation.command import evaluate

if TYPE_CHECKING:
    from rag.schema import Filters
    from rag.settings import Settings

app = typer.Typer(
    name="sanad",
    help="Answers questions over articles in many languages, with exact citations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="The data directory [default: ./data or SANAD_STORE__DATA_DIR].")
]
Languages = Annotated[list[str] | None, typer.Option("--language", help="Only articles in this language; repeatable.")]
Sources = Annotated[list[str] | None, typer.Option("--source", help="Only this outlet; repeatable.")]
Since = Annotated[str | None, typer.Option(help="Only articles published on or after this ISO date.")]
Until = Annotated[str | None, typer.Option(help="Only articles published on or before this ISO date.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Batch = Annotated[
    Path | None, typer.Option(help="A file of JSON lines, one question each; one line is printed for each.")
]

# Answers one question: (question, filters, its language, its id) -> the JSON of the contract.
Answering = Callable[[str, "Filters", str | None, str | int | None], dict[str, Any]]


def main() -> None:
    """Run the command line; a Sanad error is one line and exit code 1."""
    try:
        app()
    except SanadError as error:
        print(f"sanad: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None


@app.command()
def serve(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the chat and the HTTP interface."""
    from rag.serving import serve as run

    server: dict[str, Any] = {}
    if host is not None:
        server["host"] = host
    if port is not None:
        server["port"] = port
    run(_settings(data_dir, server=server))


@app.command()
def search(
    query: Annotated[str | None, typer.Argument(help="What to look for, in any language.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="Passages to return.")] = 10,
    language: Languages = None,
    source: Sources = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    batch: Batch = None,
    data_dir: DataDir = None,
) -> None:
    """Find passages in whatever language they were written."""
    filters = _filters(language, source, since, until)
    with _searching(_settings(data_dir), k) as run:
        _run(run, query, batch, filters, as_json, _print_search)


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question, in any language.")] = None,
    language: Languages = None,
    source: Sources = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    batch: Batch = None,
    data_dir: DataDir = None,
) -> None:
    """Answer a question with exact quotes, or say that the collection does not hold the answer."""
    filters = _filters(language, source, since, until)
    with _asking(_settings(data_dir)) as run:
        _run(run, question, batch, filters, as_json, _print_answer)


@app.command()
def status(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show what the data directory holds and who owns it."""
    from dataclasses import asdict

    from rag.service import store_status

    found = asdict(store_status(_settings(data_dir)))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        typer.echo(f"{name:10} {'none' if shown in (None, '') else shown}")


@app.command()
def doctor(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Try the stores, the embedding model and the chat model, and say what is wrong."""
    from dataclasses import asdict

    from rag.doctor import examine

    well = True
    for check in examine(_settings(data_dir)):
        well = well and check.state != "fault"
        typer.echo(
            json.dumps(asdict(check), ensure_ascii=False)
            if as_json
            else f"{check.state:6} {check.name:11} {check.detail}"
        )
    if not well:
        raise typer.Exit(1)


@app.command()
def calibrate(
    folder: Annotated[Path, typer.Argument(help="The same text as ur.txt, en.txt, …: one paragraph a line.")],
    data_dir: DataDir = None,
) -> None:
    """Measure the language means of another embedding model, so that questions do not favour their own language."""
    from rag.embedding import load_embeddings
    from rag.embedding.calibration import measure_means, read_parallel_text
    from rag.embedding.neutrality import MEANS_FILE, save_means

    settings = _settings(data_dir)
    texts = read_parallel_text(folder)
    embeddings = load_embeddings(settings)
    means = measure_means(
        texts, embeddings, on_progress=lambda language: typer.echo(f"{language}: {len(texts[language])}", err=True)
    )
    path = settings.store.data_dir / MEANS_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    save_means(path, means, embeddings.identity)
    typer.echo(
        f"{len(texts)} languages for {embeddings.identity}: {path}. The vector index is built again at the next start."
    )


app.command()(evaluate)


def _settings(data_dir: Path | None, **sections: dict[str, Any]) -> "Settings":
    from rag.settings import load_settings

    if data_dir is not None:
        sections["store"] = {"data_dir": data_dir}
    return load_settings(**{name: values for name, values in sections.items() if values})


def _filters(languages: list[str] | None, sources: list[str] | None, since: str | None, until: str | None) -> "Filters":
    from rag.schema import Filters

    return Filters(tuple(languages or ()), tuple(sources or ()), since, until)


@contextmanager
def _searching(settings: "Settings", k: int) -> Iterator[Answering]:
    """Search through the service that owns the data directory, or own it for as long as this command runs."""
    from rag.indexes.owner import current_owner

    owner = current_owner(settings.store.data_dir)
    if owner is not None and owner.address:
        from rag.client import connected

        with connected(owner) as client:
            yield lambda question, filters, language, identifier: client.search(
                question, k=k, filters=filters, language=language, identifier=identifier
            )
    else:
        from rag.service import open_service
        from rag.wire import search_fields

        with open_service(settings) as service:
            yield lambda question, filters, language, identifier: search_fields(
                service.search(question, k=k, filters=filters, language=language), identifier
            )


@contextmanager
def _asking(settings: "Settings") -> Iterator[Answering]:
    """Ask the service that owns the data directory, or own it for as long as this command runs."""
    from rag.indexes.owner import current_owner

    owner = current_owner(settings.store.data_dir)
    if owner is not None and owner.address:
        from rag.client import connected

        with connected(owner) as client:
            yield lambda question, filters, language, identifier: client.ask(
                question, filters=filters, language=language, identifier=identifier
            )
    else:
        from rag.service import open_service
        from rag.wire import answer_fields

        with open_service(settings) as service:
            yield lambda question, filters, language, identifier: answer_fields(
                service.ask(question, filters=filters, language=language), identifier
            )


def _run(
    answer: Answering,
    question: str | None,
    batch: Path | None,
    filters: "Filters",
    as_json: bool,
    show: Callable[[dict[str, Any]], None],
) -> None:
    if (question is None) == (batch is None):
        raise typer.BadParameter("give one question, or --batch FILE")
    if question is not None:
        found = answer(question, filters, None, None)
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False))
        else:
            show(found)
    elif batch is not None and not _run_batch(answer, batch, filters):
        raise typer.Exit(1)


def _run_batch(answer: Answering, batch: Path, filters: "Filters") -> bool:
    """One line out for each line in, in the same order, flushed; whether all were good."""
    from rag.wire import parse_batch_line

    good = True
    try:
        file = batch.open(encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{str(batch)!r} cannot be read: {error.strerror}") from None
    with file:
        for line in file:
            identifier = _line_id(line)
            try:
                fields = parse_batch_line(line)
                own = fields.filters.filters()
                found = answer(fields.question, own if own.active else filters, fields.language, fields.id)
            except SanadError as error:
                good = False
                found = {"id": identifier, "status": "error", "error": str(error)}
            sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    return good


def _line_id(line: str) -> str | int | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    identifier = found.get("id") if isinstance(found, dict) else None
    return identifier if isinstance(identifier, str | int) else None


def _print_search(found: dict[str, Any]) -> None:
    for hit in found["results"]:
        about = " · ".join(part for part in (hit["source"], hit["published"], hit["language"]) if part)
        typer.echo(f"{hit['rank']:>2}. {hit['title'] or hit['article_id']}  ({about})")
        typer.echo(f"    {hit['article_id']} [{hit['start']}, {hit['end']})")
        typer.echo("    " + " ".join(hit["text"].split()) + "\n")
    if not found["results"]:
        typer.echo("Nothing was found.")
    if found["period"] and found["period"]["kind"] == "filter":
        days = [found["period"][end] or "…" for end in ("since", "until")]
        typer.echo(f"Only articles of {' to '.join(dict.fromkeys(days))}, as the question asks.", err=True)
    if found["undated_excluded"]:
        typer.echo(f"{found['undated_excluded']} articles without a date were left out.", err=True)


def _print_answer(found: dict[str, Any]) -> None:
    typer.echo(found["answer"])
    if found["notice"]:
        typer.echo(found["notice"], err=True)
    for citation in found["citations"]:
        about = " · ".join(part for part in (citation["source"], citation["published"], citation["language"]) if part)
        typer.echo(f"\n[{citation['number']}] {citation['title'] or citation['article_id']}  ({about})")
        typer.echo(f"    {citation['article_id']} [{citation['start']}, {citation['end']})")
    if found["status"] == "abstained" and found["nearest"]:
        typer.echo("\nNearest passages, not an answer:")
        for hit in found["nearest"]:
            typer.echo(f"  - {hit['title'] or hit['article_id']}: {' '.join(hit['text'].split())[:160]}…")


if __name__ == "__main__":
    main()
