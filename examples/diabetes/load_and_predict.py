"""Load the model that train.py logged last, and predict with it."""

from sklearn.datasets import load_diabetes

import millstream

newest = millstream.search_runs(
    experiment_names=["Default"],
    filter_string="params.model = 'LinearRegression'",
    max_results=1,
    output_format="list",
)
if not newest:
    raise SystemExit("There is no run yet: start train.py first, in the same folder.")

run_id = newest[0].info.run_id
model = millstream.sklearn.load_model(f"runs:/{run_id}/linear_regression_model")

data, target = load_diabetes(return_X_y=True)
for predicted, measured in zip(model.predict(data[:5]), target[:5], strict=True):
    print(f"predicted {predicted:6.1f}   measured {measured:6.1f}")
