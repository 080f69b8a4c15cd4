"""Amounts in the one form that a cluster keeps them in."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.utils import quantity

from millstream.deploy.kubernetes.quantities import cores, size
from millstream.errors import InvalidParameter


def parse_quantity(text: str) -> Decimal:
    """What Kubernetes' own package makes of an amount."""
    return Decimal(quantity.parse_quantity(text))  # type: ignore[no-untyped-call]  # the package has no types


@pytest.mark.parametrize(
    ("said", "kept"),
    [("0.5", "500m"), ("2", "2"), ("2000m", "2"), ("1.25", "1250m"), ("1m", "1m")],
)
def test_processors(said: str, kept: str) -> None:
    assert cores(said) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"), ("2G", "2G"), ("1500M", "1500M"),
        ("2000000", "2M"), ("1048577", "1048577"),
    ],
)  # fmt: skip
def test_memory(said: str, kept: str) -> None:
    assert size(said) == kept


@given(st.decimals("0.001", "4096", places=3))
def test_processors_stay_as_many(amount: Decimal) -> None:
    assert parse_quantity(cores(str(amount))) == amount


@given(st.integers(1, 4096), st.sampled_from(["Mi", "Gi", "M", "G"]))
def test_memory_stays_as_much(number: int, unit: str) -> None:
    said = f"{number + 1}{unit}"
    kept = size(said)
    assert parse_quantity(kept) == parse_quantity(said)
    assert size(kept) == kept


@pytest.mark.parametrize("said", ["", "0", "-1", "1e3", "0.0001", "5000", "1Gi", "nan", "٣"])
def test_no_processors(said: str) -> None:
    with pytest.raises(InvalidParameter, match="processors"):
        cores(said)


@pytest.mark.parametrize("said", ["", "0", "1Ki", "512m", "512MB", "0.0000001Gi", "2000Ti", "1 Gi"])
def test_no_memory(said: str) -> None:
    with pytest.raises(InvalidParameter):
        size(said)
