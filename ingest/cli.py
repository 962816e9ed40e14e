"""The command line: ``python -m ingest add | list | show | remove | status | verify | reembed``.

Heavy imports wait until a command needs them.
"""

import io
import json
import logging
import os
import re
import sys
import unicodedata
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.errors import SanadError, StoreError

if TYPE_CHECKING:
    from ingest.pipeline import IngestReport
    from rag.settings import Settings

app = typer.Typer(
    name="python -m ingest",
    help="Adds documents to a collection, shows and removes them, and keeps it sound.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="The data directory [default: ./data or SANAD_STORE__DATA_DIR].")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|www\.|mailto:", re.IGNORECASE)


def main() -> None:
    """Run the command line; a Sanad error is one line and exit code 1."""
    # It logs what it cannot read; the report names the document and the reason.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except SanadError as error:
        typer.echo(f"ingest: {error}", err=True)
        raise SystemExit(1) from None


@app.command()
def add(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Files or folders.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Take over ids that are held from another origin.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when everything is searchable.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Add documents: .md, .txt, .html and .jsonl, files and folders; what is in unchanged is skipped."""
    paths = [_source(source) for source in sources]
    settings = _settings(data_dir)
    typer.echo(f"data directory {settings.store.data_dir.resolve()}", err=True)

    from ingest.pipeline import IngestReport
    from ingest.running import is_searchable, run_ingest, wait_until_searchable
    from ingest.stopping import stop_on_signal

    with stop_on_signal() as stop:
        report, ids = run_ingest(paths, settings, replace=replace, quiet=as_json, stop=stop)
        if not as_json:
            typer.echo(_summary(report))
        if report == IngestReport(seconds=report.seconds):
            typer.echo("no documents were found", err=True)
        failure: SanadError | None = report.stopped_by
        if wait and failure is None and not stop():
            try:
                wait_until_searchable(settings, stop)
            except SanadError as error:
                failure = error
    if as_json:
        found = {
            "added": report.added,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "failed": [asdict(failed) for failed in report.failed],
            "passages": report.passages,
            "seconds": round(report.seconds, 3),
            "searchable": failure is None and is_searchable(settings),
            "articles": ids,
        }
        _print_json(found)
    if failure is not None:
        raise failure
    if stop():
        raise typer.Exit(stop.exit_code)
    if report.failed:
        raise typer.Exit(1)


@app.command("list")
def list_articles(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the articles: id, language, date, outlet, passages, title."""
    from ingest.running import existing_collection
    from rag.progress import one_line

    with existing_collection(_settings(data_dir)) as catalogue:
        records = catalogue.articles()
    if as_json:
        _print_json([asdict(record) for record in records])
        return
    for r in records:
        columns = (r.article_id, r.language, r.published or "-", r.source or "-", str(r.passages), r.title or "-")
        typer.echo("\t".join(map(one_line, columns)))


@app.command()
def show(
    article_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False, data_dir: DataDir = None
) -> None:
    """Print the stored text of one article, exactly: every offset counts its code points."""
    from ingest.running import existing_collection

    article_id = unicodedata.normalize("NFC", article_id)
    with existing_collection(_settings(data_dir)) as catalogue:
        article = catalogue.article(article_id)
        passages = catalogue.article_passages(article_id)
        copies = catalogue.copies(article_id)
    if article is None:
        raise StoreError(f"There is no article {article_id!r}. Run: python -m ingest list")
    if as_json:
        spans = [{"passage_id": p.passage_id, "start": p.start, "end": p.end} for p in passages]
        _print_json({**asdict(article), "passages": spans, "copies": copies})
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(article.text.encode())
    sys.stdout.buffer.flush()


@app.command()
def remove(
    article_ids: Annotated[list[str], typer.Argument(metavar="ID...")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Remove articles from the collection and from both indexes."""
    from ingest.running import existing_collection, wait_until_searchable
    from ingest.stopping import stop_on_signal

    settings = _settings(data_dir)
    wanted = dict.fromkeys(unicodedata.normalize("NFC", article_id) for article_id in article_ids)
    with existing_collection(settings) as catalogue:
        fate = {article_id: catalogue.remove(article_id) for article_id in wanted}
    removed = [article_id for article_id, was_there in fate.items() if was_there]
    unknown = [article_id for article_id, was_there in fate.items() if not was_there]
    with stop_on_signal() as stop:
        wait_until_searchable(settings, stop)
    if as_json:
        _print_json({"removed": removed, "unknown": unknown})
    else:
        for article_id in removed:
            typer.echo(f"removed {article_id}")
    for article_id in unknown:
        typer.echo(f"failed {article_id!r}: there is no such article", err=True)
    if stop():
        raise typer.Exit(stop.exit_code)
    if unknown:
        raise typer.Exit(1)


@app.command()
def status(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show what the collection holds, its model, and how far its indexes are."""
    from ingest.running import check_exists
    from rag.service import store_status

    settings = _settings(data_dir)
    check_exists(settings)
    found = asdict(store_status(settings))
    if as_json:
        _print_json(found)
        return
    for name, value in found.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        typer.echo(f"{name:10} {'none' if shown in (None, '') else shown}")


@app.command()
def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Build the indexes again where they are wrong.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Compare the indexes with the collection; embeds nothing."""
    from ingest.running import check_exists
    from rag.service import verify_indexes

    settings = _settings(data_dir)
    check_exists(settings)
    report = verify_indexes(settings, repair=repair)
    left = verify_indexes(settings).problems if report.repaired else report.problems
    if as_json:
        _print_json(asdict(report))
    else:
        for problem in report.problems:
            typer.echo(problem)
        outcome = "repaired" if report.repaired and not left else "sound" if not left else f"{len(left)} problems"
        typer.echo(f"{outcome}: {report.articles} articles, {report.passages} passages")
    if left:
        raise typer.Exit(1)


@app.command()
def reembed(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Embed the whole collection again with the model of the settings; resumes where it was stopped."""
    from ingest.running import run_reembed, wait_until_searchable
    from ingest.stopping import stop_on_signal

    settings = _settings(data_dir)
    with stop_on_signal() as stop:
        report, identity = run_reembed(settings, stop)
        if not stop():
            wait_until_searchable(settings, stop)
    if as_json:
        _print_json({**asdict(report), "model": identity})
    elif stop() and not report.adopted:
        typer.echo(f"stopped after {report.articles} articles; run the command again to go on")
    else:
        typer.echo(f"{report.articles} articles, {report.passages} passages embedded with {identity}")
    if stop():
        raise typer.Exit(stop.exit_code)


def _source(given: str) -> Path:
    if _ADDRESS.match(given):
        raise typer.BadParameter(
            f"{given!r}: addresses and feeds are not read yet; save the page and add the file", param_hint="SOURCE"
        )
    if not given or not os.path.lexists(given):
        raise typer.BadParameter(f"{given!r} does not exist", param_hint="SOURCE")
    return Path(given)


def _settings(data_dir: Path | None) -> "Settings":
    from rag.settings import load_settings

    return load_settings(store={"data_dir": data_dir}) if data_dir is not None else load_settings()


def _summary(report: "IngestReport") -> str:
    speed = f", {report.passages / report.seconds:.0f} passages/s" if report.passages and report.seconds else ""
    counts = (
        f"added {report.added}, updated {report.updated}, unchanged {report.unchanged}, failed {len(report.failed)}"
    )
    return f"{counts}; {report.passages} passages in {report.seconds:.1f} s{speed}"


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))
