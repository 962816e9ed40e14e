"""``sanad evaluate``. Heavy imports wait until the command runs."""

import importlib.util
import json
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import ConfigurationError

_EXTRA = "evaluate"
_PACKAGES = ("ir_measures", "matplotlib")


def evaluate(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with corpus.jsonl, queries.jsonl and qrels.tsv.")
    ],
    over: Annotated[
        str, typer.Option(help="Documents asked of: all, own (in the question's language), others, or LANG[,LANG...].")
    ] = "all",
    question_language: Annotated[
        list[str] | None, typer.Option(help="Only questions in this language; repeatable.")
    ] = None,
    questions: Annotated[
        int | None, typer.Option(min=1, help="At most so many questions of each language, always the same ones.")
    ] = None,
    qrels: Annotated[
        str, typer.Option(help="The file of judgements in DIR that the ranking is measured by.")
    ] = "qrels.tsv",
    answers: Annotated[bool, typer.Option("--answers", help="Ask for answers too.")] = False,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Heat map: search the documents of each language apart; slower.")
    ] = False,
    k: Annotated[int, typer.Option("--k", "-k", min=10, max=1000, help="Passages of each search.")] = 20,
    at: Annotated[int, typer.Option(min=1, help="Cut-off of parallel recall and own-language share.")] = 8,
    output: Annotated[
        Path | None,
        typer.Option(help="Folder for results.json, report.md and charts; ./evaluation/NAME OF DIR by default."),
    ] = None,
    work: Annotated[
        Path | None, typer.Option(help="Where collections and results are kept; below the user's cache by default.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask everything again; nothing is embedded again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what results.json holds.")] = False,
) -> None:
    """Measure rankings and answers on questions whose answers are known; report per language, with charts."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"sanad evaluate needs {' and '.join(missing)}. Run: pip install 'sanad[{_EXTRA}]'")
    if at > k:
        raise typer.BadParameter(f"--at {at} is more than the {k} passages of a search; raise --k")

    from rag.evaluation.collection import default_work, prepare_collection
    from rag.evaluation.datasets import choose_questions, load_dataset
    from rag.evaluation.report import build_results, summary, tables, write_report
    from rag.evaluation.runner import Plan, run_questions
    from rag.evaluation.scope import Scope
    from rag.settings import load_settings

    settings = load_settings()
    dataset = choose_questions(load_dataset(directory, qrels=qrels), question_language or (), questions)
    plan = Plan(over, k, answers, matrix)
    # What cannot be measured is refused before anything is embedded.
    if not Scope(dataset, over).relevant(dataset.qrels) and not answers:
        raise ConfigurationError(
            f"By {qrels!r} no question has a relevant document among those asked of. Choose other judgements with "
            "--qrels or other documents with --over, or measure answers with --answers."
        )

    collection = prepare_collection(dataset, settings, work or default_work())
    _say(f"collection {collection.directory}: {collection.added} documents taken in, {collection.unchanged} were there")
    for line in collection.refused:
        _say(f"left out {directory}/{line}")
    run = run_questions(dataset, collection, plan, fresh=fresh)
    _say(f"questions: {len(run.asked) - run.reused} asked, {run.reused} kept from before")

    asked_for = {"qrels": qrels, "question_languages": question_language or [], "questions": questions}
    results, latencies = build_results(dataset, plan, run, settings, at=at, asked_for=asked_for)
    written = write_report(results, latencies, output or Path("evaluation") / dataset.name)
    if as_json:
        typer.echo(json.dumps(results, ensure_ascii=False))
    else:
        typer.echo(tables(results))
        typer.echo("\n" + "\n".join(summary(results)))
    _say("written: " + ", ".join(map(str, written)))


def _say(line: str) -> None:
    typer.echo(line, err=True)
