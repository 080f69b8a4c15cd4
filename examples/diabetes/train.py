"""Train a linear regression on the diabetes data of scikit-learn, and log it."""

from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split

import millstream

data, target = load_diabetes(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(data, target, test_size=0.2, random_state=42)

with millstream.start_run() as run:
    millstream.log_param("model", "LinearRegression")

    model = LinearRegression()
    for count in (50, 100, 200, len(train_x)):
        model.fit(train_x[:count], train_y[:count])
        error = mean_squared_error(test_y, model.predict(test_x))
        millstream.log_metric("mse", error, step=count)

    millstream.sklearn.log_model(model, "linear_regression_model")

print(f"mean squared error: {error:.2f}")
print(f"model: runs:/{run.info.run_id}/linear_regression_model")
