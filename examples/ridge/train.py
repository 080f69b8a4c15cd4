"""Fit a ridge regression, with a strength that is given, to the diabetes data or to a file."""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split

import millstream


def main() -> None:
    """Train on four fifths of the data, and log the error on the rest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alpha", type=float, required=True, help="the strength of the penalty")
    parser.add_argument("--seed", type=int, default=42, help="which rows are held out")
    parser.add_argument("--data", default="", help="a CSV file without titles, target last")
    options = parser.parse_args()
    features, target = read(options.data)
    train_x, test_x, train_y, test_y = train_test_split(
        features, target, test_size=0.2, random_state=options.seed
    )
    with millstream.start_run():
        data = millstream.data.from_numpy(features, targets=target, name="patients")
        millstream.log_input(data, context="training")
        model = Ridge(alpha=options.alpha).fit(train_x, train_y)
        error = mean_squared_error(test_y, model.predict(test_x))
        millstream.log_metric("mse", error)
        print(f"alpha {options.alpha:g}: mean squared error {error:.2f}")


def read(path: str) -> tuple[np.ndarray, np.ndarray]:
    """The features and the target in a file, or those of the diabetes data."""
    if not path:
        features, target = load_diabetes(return_X_y=True)
        return features, target
    table = np.loadtxt(path, delimiter=",")
    return table[:, :-1], table[:, -1]


if __name__ == "__main__":
    main()
