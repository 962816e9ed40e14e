"""Writes what was measured: ``results.json``, ``report.md`` and the charts; the tables of the report for a terminal."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import rag
from rag.errors import StoreError
from rag.evaluation.answers import AnswerJudge
from rag.evaluation.charts import CHARTS, draw_charts
from rag.evaluation.datasets import Dataset
from rag.evaluation.metrics import percentile
from rag.evaluation.rankings import RankingJudge
from rag.evaluation.runner import Plan, Run
from rag.settings import Settings

Json = dict[str, Any]

SCHEMA_VERSION = 1
RESULTS, REPORT = "results.json", "report.md"


def build_results(
    dataset: Dataset, plan: Plan, run: Run, settings: Settings, *, at: int, asked_for: Mapping[str, Any]
) -> tuple[Json, dict[str, list[float]]]:
    """Everything measured, as JSON values, and the latencies in milliseconds.

    Args:
        dataset: The questions that were asked.
        plan: What they were asked of.
        run: What came back.
        settings: Those of the service.
        at: Cut-off of parallel recall and own-language share.
        asked_for: The options that chose judgements and questions.
    """
    rankings = RankingJudge(dataset, plan, run, at=at)
    answers = AnswerJudge(dataset, plan, run, caution=settings.abstention.caution)
    latencies = _latencies_ms(dataset, run)
    documents: dict[str, int] = {}
    for language in dataset.languages.values():
        documents[language] = documents.get(language, 0) + 1
    chosen = settings.model_dump(mode="json", include={"embedding", "retrieval", "abstention", "chat"})
    results = {
        "schema_version": SCHEMA_VERSION,
        "dataset": {
            "name": dataset.name,
            "sha256": dataset.digests,
            "documents": len(dataset.languages),
            "passages": run.passages,
            "documents_by_language": dict(sorted(documents.items())),
            "refused": list(run.refused),
        },
        "sanad": {"version": metadata.version("sanad"), "commit": _commit()},
        "model": run.model,
        "indexes": run.indexes,
        "settings": {**chosen, "store": {"passage_tokens": settings.store.passage_tokens}},
        "options": {
            "over": plan.over, "k": plan.k, "at": at, "answers": plan.answers, "matrix": plan.matrix, **asked_for,
        },
        "counts": rankings.counts(),
        "ranking": rankings.ranking(),
        "heat_map": rankings.heat_map(),
        "answers": answers.answers(),
        "latency_ms": _latency_summary(latencies),
    }  # fmt: skip
    return results, latencies


def write_report(results: Json, latencies_ms: Mapping[str, Sequence[float]], output: Path) -> list[Path]:
    """Write the results, the report and the charts; what stood under these names is replaced.

    Returns:
        The files written.

    Raises:
        StoreError: The folder cannot be written.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        charts = draw_charts(results, latencies_ms, output)
        (output / RESULTS).write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")
        (output / REPORT).write_text(_markdown(results, [path.name for path in charts]), "utf-8")
    except OSError as error:
        raise StoreError(
            f"The report cannot be written to {str(output)!r}: {error.strerror}. Choose another folder with --output."
        ) from None
    return [output / RESULTS, output / REPORT, *charts]


def tables(results: Json) -> str:
    """The tables of the report, aligned for a terminal; they are Markdown too."""
    parts = []
    if results["ranking"]:
        parts.append(_table(results["ranking"]))
    if results["answers"]:
        parts.append(_table(results["answers"]))
    return "\n\n".join(parts)


def summary(results: Json) -> list[str]:
    """What the tables do not say, a sentence a line."""
    counts, ranking, answers = results["counts"], results["ranking"], results["answers"]
    lines = [
        f"{counts['questions']} questions; {counts['judged']} count for the ranking; "
        f"{counts['excluded_unanswerable']} without an answer and {counts['excluded_no_relevant_document']} without a "
        "relevant document among those asked of are left out of it."
    ]
    if refused := results["dataset"]["refused"]:
        lines.append(
            f"{len(refused)} documents could not be taken in and count as not found, the first of them {refused[0]}."
        )
    if ranking and ranking["gap"]["value"] is not None:
        found = ranking["gap"]
        lines.append(
            f"Gap between languages, {found['measure']}: {found['value']:.3f} "
            f"(best {found['best']}, worst {found['worst']})."
        )
    if ranking and ranking["highest"]["R@1"] < 0.9995:
        lines.append(
            f"A question has {ranking['relevant_documents']:.1f} relevant documents on average, so that R@1 can reach "
            f"{ranking['highest']['R@1']:.3f} and R@5 {ranking['highest']['R@5']:.3f} at most."
        )
    if answers:
        at, cited = answers["at_caution"], answers["citations"]
        risk = "none of these" if at["risk"] is None else f"{at['risk']:.3f} of these"
        lines.append(
            f"With caution {answers['caution']} {at['coverage']:.3f} of {answers['macro']['questions']} questions are "
            f"answered, {risk} wrongly; area under risk and coverage "
            f"{answers['risk_coverage']['all']['area']:.3f} (lower is better)."
        )
        lines.append(
            f"Citations exact by offset: {cited['exact']} of {cited['given']}, those of answers held back included."
        )
    for name, found in results["latency_ms"].items():
        lines.append(
            f"{name}: p50 {found['p50']:.1f} ms, p95 {found['p95']:.1f} ms over {found['count']} questions, one at a time."
        )
    return lines


_EXPLANATIONS = """\
R@k, nDCG@k and RR@k are `ir_measures`' over documents, each at the rank of its first passage; a question that finds
nothing scores 0. *Parallel recall@k*: of the languages that hold a relevant document, the share of which one is in
the top k. *Own-language share@k*: the share of the top k in the question's language. *Top 1 right*: the first
document is relevant, in whatever language. Answers: *answered* is the share of all questions that are not met with an
abstention, *wrongly silent* the share of those with an answer that are, *wrongly answered* the share of those without
an answer that are answered all the same, *answer in quotes* the share of those with answer strings, their own or
those of their translations, of which one stands in a quote. Risk is the share of the answered questions that is
wrong: no answer string in the quotes, or, where there are no strings, no relevant document cited, or no answer to be
had.
"""


def _markdown(results: Json, charts: Sequence[str]) -> str:
    dataset, options, sanad = results["dataset"], results["options"], results["sanad"]
    languages = ", ".join(f"{tag} {count}" for tag, count in dataset["documents_by_language"].items())
    asked = ", ".join(f"{name} {_plain(value)}" for name, value in options.items() if value not in (None, False, []))
    lines = [
        f"# Evaluation of {dataset['name']}",
        "",
        f"- Sanad {sanad['version']}" + (f", commit {sanad['commit']}" if sanad["commit"] else ""),
        f"- Model {results['model']}; indexes "
        + ", ".join(f"{name} {version or '-'}" for name, version in results["indexes"].items()),
        f"- Documents {dataset['documents']} ({languages}) in {dataset['passages']} passages; corpus SHA-256 "
        f"{dataset['sha256']['corpus.jsonl'][:16]}",
        f"- Asked: {asked}",
        *(f"- {line}" for line in summary(results)),
        "",
    ]
    for heading, part in (("Ranking", "ranking"), ("Answers", "answers")):
        if results[part]:
            lines += [f"## {heading}", "", _table(results[part]), ""]
    if results["ranking"] or results["answers"]:
        found = (results["ranking"] or results["answers"])["intervals"]
        lines += [
            f"The last row is the 95 % interval of the macro mean: questions are resampled {found['draws']} times (seed "
            f"{found['seed']}). Questions whose ids differ only in the language in front are translations of each "
            "other and are drawn together, for all languages and measures at once; in each draw the macro mean is the "
            "mean over languages, and the interval runs from percentile 2.5 to 97.5. `results.json` holds the interval "
            "of each language.",
            "",
            _EXPLANATIONS,
        ]
    for name in charts:
        if name.endswith(".svg"):
            heading = CHARTS[name.removesuffix(".svg")]
            lines += [f"## {heading}", "", f"![{heading}]({name})", ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(found: Json) -> str:
    """A row for each language, the macro mean and its intervals."""
    names = found["measures"]
    rows = [["language", "questions", *names]]
    for tag, row in [*found["languages"].items(), ("macro", found["macro"])]:
        rows.append([tag, str(row["questions"]), *(_number(row[name]["mean"]) for name in names)])
    macro = [found["macro"][name] for name in names]
    rows.append(["95 %", "", *(f"{_number(cell['low'])}–{_number(cell['high'])}" for cell in macro)])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    aligned = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return "\n".join([aligned[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *aligned[1:]])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _plain(value: Any) -> str:
    return "/".join(map(str, value)) if isinstance(value, list | tuple) else "yes" if value is True else str(value)


def _latencies_ms(dataset: Dataset, run: Run) -> dict[str, list[float]]:
    """Milliseconds of each search, and of each answer where there are any, in the order of the questions."""
    asked = [run.asked[question.question_id] for question in dataset.questions if question.question_id in run.asked]
    found = {"search": [one.ms for one in asked], "ask": [one.answer.ms for one in asked if one.answer]}
    return {name: values for name, values in found.items() if values}


def _latency_summary(latencies_ms: Mapping[str, Sequence[float]]) -> Json:
    """Count, median, 95th percentile and longest of each kind."""
    return {
        name: {
            "count": len(values),
            "p50": percentile(values, 0.5),
            "p95": percentile(values, 0.95),
            "longest": max(values),
        }
        for name, values in latencies_ms.items()
    }


def _commit() -> str | None:
    """The commit of the source that runs, ``+`` behind it when it was changed since; none outside a checkout."""
    root = Path(rag.__file__).parent.parent
    if not (root / ".git").exists():
        return None
    try:
        described = ["git", "-C", str(root), "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
        return subprocess.run(described, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
