"""Which features move a model's answers, by SHAP; only where it is installed and asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from millstream.client.extras import load
from millstream.errors import InvalidParameter
from millstream.evaluation import figures as f
from millstream.evaluation.contents import Content, picture
from millstream.evaluation.custom import Setting
from millstream.evaluation.resampling import Array

MOST_FEATURES = 20
BACKGROUND_ROWS = 100


def explain(setting: Setting, seed: int) -> dict[str, Content]:
    """The importance of the features, and the spread of their effects, over some of the rows."""
    shap = load("shap", "explaining a model")
    frame = setting.dataset.frame
    numeric = frame.select_dtypes(["number", "bool"])
    if numeric.shape[1] < frame.shape[1]:
        others = [name for name in frame.columns if name not in numeric.columns]
        raise InvalidParameter(f"a model is explained by numbers, but {others[:5]} are none")
    generator = np.random.default_rng(seed)
    rows = min(len(frame), setting.options.explainability_nsamples)
    chosen = frame.iloc[np.sort(generator.choice(len(frame), rows, replace=False))]
    background = chosen.head(BACKGROUND_ROWS)
    ask = _asked(setting, list(frame.columns))
    explainer = shap.Explainer(ask, background.to_numpy(dtype=float), seed=seed)
    effects = np.asarray(explainer(chosen.to_numpy(dtype=float), silent=True).values)
    if effects.ndim == 3:  # one for each label
        effects = np.abs(effects).mean(axis=2)
    values = chosen.to_numpy(dtype=float)
    names = [str(name) for name in frame.columns]
    return {
        "shap_feature_importance_plot": picture(
            "shap_feature_importance_plot", importance(effects, names)
        ),
        "shap_beeswarm_plot": picture("shap_beeswarm_plot", spread(effects, values, names)),
    }


def importance(effects: Array, names: list[str]) -> Figure:
    """The mean size of each feature's effect, largest on top."""
    sizes = np.abs(effects).mean(axis=0)
    order = np.argsort(sizes)[-MOST_FEATURES:]
    figure, axes = f.canvas(
        "Feature importance", "Mean size of the effect on the answer (SHAP)", "", _size(len(order))
    )
    axes.barh([f.shortened(names[one], 28) for one in order], sizes[order], color=f.ACCENT,
              height=0.6)  # fmt: skip
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", labelcolor=f.INK)
    return figure


def spread(effects: Array, values: Array, names: list[str]) -> Figure:
    """Each row's effect of each feature, coloured by the feature's value."""
    order = np.argsort(np.abs(effects).mean(axis=0))[-MOST_FEATURES:]
    figure, axes = f.canvas(
        "Effects of the features", "Effect on the answer (SHAP)", "", _size(len(order))
    )
    generator = np.random.default_rng(0)
    drawn: Any = None
    for line, feature in enumerate(order):
        own = values[:, feature]
        ranks = np.argsort(np.argsort(own)) / max(len(own) - 1, 1)
        jitter = line + generator.uniform(-0.25, 0.25, len(own))
        drawn = axes.scatter(
            effects[:, feature], jitter, c=ranks, cmap="cividis", s=8, alpha=0.7, linewidths=0
        )
    axes.set_yticks(range(len(order)), [f.shortened(names[one], 28) for one in order])
    axes.tick_params(axis="y", labelcolor=f.INK)
    axes.axvline(0, color=f.QUIET, linewidth=1)
    axes.grid(visible=False, axis="y")
    bar = figure.colorbar(drawn, ax=axes, ticks=[0, 1], fraction=0.04, pad=0.02)
    bar.ax.set_yticklabels(["low", "high"])
    bar.set_label("Value of the feature", color=f.QUIET, fontsize=9)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=f.QUIET, labelsize=8, length=0)
    return figure


def _asked(setting: Setting, columns: list[str]) -> Any:
    """What is explained: the probabilities if there are any, else the predictions."""
    pandas = load("pandas", "explaining a model")
    raw = setting.answers.raw
    ask = getattr(raw, "predict_proba", None) or getattr(raw, "predict", None)
    if ask is None:
        raise InvalidParameter("only models whose own object can be asked are explained")
    named = hasattr(setting.answers.inputs, "columns")

    def asked(values: Array) -> Array:
        rows = pandas.DataFrame(values, columns=columns) if named else values
        found = np.asarray(ask(rows), dtype=float)
        return found[:, 1] if found.ndim == 2 and found.shape[1] == 2 else found

    return asked


def _size(lines: int) -> tuple[float, float]:
    return 6.8, float(np.clip(1.4 + 0.32 * lines, 2.6, 9))
