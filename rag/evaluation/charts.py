"""Draws what one would rather look at than read: heat map, risk–coverage curves, latency histograms; PNG and SVG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Json = dict[str, Any]

CHARTS = {
    "heat_map": "Recall by language of question and document",
    "risk_coverage": "Risk and coverage",
    "latency": "Latency",
}
"""File names without their endings, and what each shows."""

# The same input gives the same bytes: no date, no version, no random ids.
_STYLE: Any = {
    "svg.hashsalt": "sanad",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "figure.dpi": 100,
}
_METADATA: dict[str, dict[str, str | None]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
_INK, _FAINT, _ACCENT = "#1f2933", "#9aa5b1", "#0b7285"
# Beyond so many lines a legend cannot be told apart.
_CURVES_NAMED = 10


def draw_charts(results: Json, latencies_ms: Mapping[str, Sequence[float]], output: Path) -> list[Path]:
    """Draw what there is to draw, without a display; charts of an earlier run that are not drawn now are removed.

    Returns:
        The files written.
    """
    import matplotlib
    from matplotlib.figure import Figure

    written = []
    with matplotlib.rc_context(_STYLE):
        drawn: dict[str, Figure] = {}
        if results["heat_map"]:
            drawn["heat_map"] = _heat_map(results["heat_map"], Figure)
        if results["answers"]:
            drawn["risk_coverage"] = _risk_coverage(results["answers"], Figure)
        if latencies_ms:
            drawn["latency"] = _latency(latencies_ms, results["latency_ms"], Figure)
        for name in CHARTS:
            figure = drawn.get(name)
            for kind, metadata in _METADATA.items():
                path = output / f"{name}.{kind}"
                if figure is None:
                    path.unlink(missing_ok=True)
                    continue
                figure.savefig(path, metadata=metadata, dpi=160, facecolor="white", bbox_inches="tight")
                written.append(path)
    return written


def _heat_map(found: Json, figure_type: "type[Figure]") -> "Figure":
    asking, holding = found["question_languages"], found["document_languages"]
    values = np.array([[np.nan if cell is None else cell for cell in row] for row in found["values"]], dtype=float)
    figure = figure_type(figsize=(max(5.5, 1.6 + 0.58 * len(holding)), max(2.6, 1.9 + 0.46 * len(asking))))
    axes = figure.add_subplot()
    # Searched together, documents share the places at the top and no cell comes near 1.
    top = 1.0 if found["apart"] else max(float(np.nanmax(values)), 0.05)
    image = axes.imshow(values, vmin=0, vmax=top, cmap="viridis", aspect="auto")
    axes.set_xticks(range(len(holding)), holding)
    axes.set_yticks(range(len(asking)), asking)
    axes.set_xlabel("language of the documents")
    axes.set_ylabel("language of the question")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            ink = "white" if value < 0.6 * top else _INK
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=8.5)
    how = "each language searched apart" if found["apart"] else "all documents asked of in one ranking"
    _headed(axes, f"Recall@{found['cutoff']} by language", f"share of the relevant documents in the top 5; {how}")
    figure.colorbar(image, ax=axes, fraction=0.04, pad=0.02).outline.set_visible(False)
    return figure


def _risk_coverage(found: Json, figure_type: "type[Figure]") -> "Figure":
    from matplotlib import colormaps

    figure = figure_type(figsize=(7.2, 4.6))
    axes = figure.add_subplot()
    curves = found["risk_coverage"]
    languages = [name for name in curves if name != "all"]
    named = len(languages) <= _CURVES_NAMED
    for at, name in enumerate(languages):
        curve = curves[name]
        color = colormaps["tab10"](at) if named else _FAINT
        label = f"{name} ({curve['area']:.3f})" if named else None
        axes.plot(curve["coverage"], curve["risk"], color=color, linewidth=1.1, alpha=0.8, label=label)
    if not named:
        axes.plot([], [], color=_FAINT, linewidth=1.1, label=f"each of {len(languages)} languages")
    whole = curves["all"]
    axes.plot(whole["coverage"], whole["risk"], color=_INK, linewidth=2.4, label=f"all ({whole['area']:.3f})")
    at = found["at_caution"]
    if at["risk"] is not None:
        axes.plot(
            at["coverage"],
            at["risk"],
            "o",
            color=_ACCENT,
            markersize=9,
            zorder=5,
            clip_on=False,
            label=f"caution {found['caution']}",
        )
    axes.set_xlim(0, 1.01)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("coverage: share of the questions answered, the surest first")
    axes.set_ylabel("risk: share of these that is wrong")
    axes.grid(color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, fontsize=8.5, loc="upper left", bbox_to_anchor=(1.01, 1), title="area; lower is better")
    _headed(axes, "Risk and coverage", f"{whole['questions']} questions")
    return figure


def _latency(latencies_ms: Mapping[str, Sequence[float]], summary: Json, figure_type: "type[Figure]") -> "Figure":
    figure = figure_type(figsize=(5.2 * len(latencies_ms), 3.6))
    for at, (name, values) in enumerate(latencies_ms.items(), 1):
        axes = figure.add_subplot(1, len(latencies_ms), at)
        about = summary[name]
        # A few slow ones would squeeze the rest into one bar; they are counted in the last.
        end = max(1.6 * about["p95"], 1e-3)
        edges = np.linspace(0, end, 41)
        axes.hist(
            np.clip(values, 0, end), bins=edges.tolist(), color=_ACCENT, alpha=0.85, edgecolor="white", linewidth=0.5
        )
        for quantile, style in (("p50", "-"), ("p95", "--")):
            axes.axvline(
                about[quantile],
                color=_INK,
                linestyle=style,
                linewidth=1.2,
                label=f"{quantile} {about[quantile]:.1f} ms",
            )
        axes.set_xlim(0, end)
        axes.set_xlabel("milliseconds; the last bar holds all that took longer")
        axes.set_ylabel("questions")
        axes.legend(frameon=False, fontsize=9)
        _headed(axes, f"Latency of {name}", f"{about['count']} questions, one at a time")
    figure.tight_layout(w_pad=2.5)
    return figure


def _headed(axes: "Axes", title: str, below: str) -> None:
    axes.set_title(title, pad=22, fontsize=12, color=_INK)
    axes.text(0, 1.02, below, transform=axes.transAxes, ha="left", va="bottom", fontsize=9, color="#52606d")
