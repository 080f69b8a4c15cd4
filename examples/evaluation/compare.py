"""Evaluate two classifiers on the same rows, and ask whether one is better beyond chance."""

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

import millstream
from millstream.evaluation.evaluate import evaluate
from millstream.evaluation.thresholds import MetricThreshold

rows = load_breast_cancer(as_frame=True).frame
train, test = train_test_split(rows, test_size=0.4, random_state=0, stratify=rows["target"])
features, target = train.drop(columns="target"), train["target"]

tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(features, target)
forest = RandomForestClassifier(n_estimators=50, random_state=0).fit(features, target)

with millstream.start_run():
    result = evaluate(
        forest,
        test,
        targets="target",
        model_type="classifier",
        baseline_model=tree,
        validation_thresholds={
            "accuracy_score": MetricThreshold(threshold=0.9, greater_is_better=True),
            "roc_auc": MetricThreshold(beyond_chance=True, greater_is_better=True),
        },
    )

print(result)
print(result.comparison[["difference", "low", "high", "probability_better"]].round(3))
