"""The versions of each framework that automatic logging was written for."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from packaging.specifiers import SpecifierSet

# By the distribution's name; a framework that is not here is supported in every version.
SUPPORTED = {
    "sklearn": ("scikit-learn", ">=1.1,<2"),
    "statsmodels": ("statsmodels", ">=0.13,<1"),
    "optuna": ("optuna", ">=3,<6"),
    "xgboost": ("xgboost", ">=1.7,<4"),
    "lightgbm": ("lightgbm", ">=3.3,<5"),
    "catboost": ("catboost", ">=1.0,<2"),
    "keras": ("keras", ">=3,<4"),
    "tensorflow": ("keras", ">=3,<4"),
    "transformers": ("transformers", ">=4.30,<6"),
}


def is_autolog_supported(integration_name: str) -> bool:
    """Whether the installed version of a framework is one that automatic logging is made for."""
    if integration_name not in SUPPORTED:
        return True
    distribution, versions = SUPPORTED[integration_name]
    try:
        return SpecifierSet(versions).contains(version(distribution), prereleases=True)
    except PackageNotFoundError:
        return False


def get_min_max_version_and_pip_release(
    flavor_name: str, category: str = "autologging"
) -> tuple[str, str, str]:
    """The lowest version, the first one that is too new, and the name of the distribution."""
    if flavor_name not in SUPPORTED or category not in ("autologging", "models"):
        known = ", ".join(sorted(SUPPORTED))
        raise KeyError(f"no versions are known of {flavor_name!r} ({category}); known are {known}")
    distribution, versions = SUPPORTED[flavor_name]
    lowest, highest = sorted(SpecifierSet(versions), key=lambda one: one.operator, reverse=True)
    return lowest.version, highest.version, distribution
