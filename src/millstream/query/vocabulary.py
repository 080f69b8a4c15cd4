"""Which fields and operators each search knows, and in what words it refuses others.

The words are MLflow's, which differ from search to search; clients compare their beginnings.
"""

from __future__ import annotations

import msgspec

from millstream.query.tree import Aspect, Entity, Kind

EQUALITY = ("=", "!=")
TEXT = (*EQUALITY, "LIKE", "ILIKE", "RLIKE", "IN", "NOT IN", "NOT LIKE", "NOT ILIKE", "NOT RLIKE")
NUMBER = (*EQUALITY, ">", ">=", "<", "<=", "BETWEEN", "NOT BETWEEN")
WHOLE = (*EQUALITY, "IN", "NOT IN")
PRESENCE = ("IS NULL", "IS NOT NULL")

ASPECTS: dict[str, Aspect] = {
    "last": "value",
    "min": "min",
    "max": "max",
    "min_step": "min_step",
    "max_step": "max_step",
}
BEST_STEP = "best_step"

_MORE = (
    "acc accuracy auc auroc auprc roc ap map iou miou dice f1 fbeta precision recall sensitivity "
    "specificity score r2 bleu rouge rougel meteor cider ndcg mrr hit hits top kappa mcc psnr ssim "
    "reward return throughput"
)
_LESS = "loss error err mse rmse mae mape perplexity nll wer cer"
MORE_IS_BETTER = frozenset(_MORE.split())
LESS_IS_BETTER = frozenset(_LESS.split())


class Attribute(msgspec.Struct, frozen=True):
    """A property of the thing itself: its canonical name, and how its values compare."""

    key: str
    kind: Kind = "text"


class Wording(msgspec.Struct, frozen=True):
    """How a search says no.

    `operator_first` refuses an operator before it looks at the value; `quote_strays` puts quotes
    around what stands between comparisons without belonging to one.
    """

    entity: str = (
        "Invalid entity type {entity!r}. Valid entity types are ('attribute', 'tag', 'tags')"
    )
    comparator: str = "Invalid comparator {operator!r} not one of '{{{operators}}}'"
    entity_comparator: dict[str, str] = {}
    operator_first: bool = False
    quote_strays: bool = False
    strays: str = "Invalid clause(s) in filter string: {strays}"
    several: str = (
        "Search filter contained multiple expression {text!r}. Provide AND-ed expression list."
    )
    order_key: str = "Invalid attribute key {key!r} specified. Valid keys are '{{{keys}}}'"
    order_entity: str = "Invalid order_by entity: {entity}"


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """The language of one search.

    `prefixes` names the entity that stands before the dot; without one it is an attribute.
    `order_keys` are the attributes that may order, under the names allowed there, and
    `order_entities` the other entities. `summaries` tells whether metrics have minimum, maximum
    and so on. `bare_values` allows text without quotes and keys with signs in them, and
    `quoted_numbers` numbers in quotes. `reserved` words are no field names unless quoted.
    """

    prefixes: dict[str, Entity]
    attributes: dict[str, Attribute]
    dataset_keys: tuple[str, ...] = ()
    order_keys: dict[str, Attribute]
    order_entities: tuple[Entity, ...] = ()
    distinct_order: bool = False
    summaries: bool = False
    bare_values: bool = False
    quoted_numbers: bool = False
    reserved: tuple[str, ...] = ()
    wording: Wording = Wording()


_ID = Attribute("experiment_id", "id")
_START = Attribute("start_time", "time")
_RUN_NAME = Attribute("run_name")

_RUN_ATTRIBUTES = {
    "run_id": Attribute("run_id"),
    "run_name": _RUN_NAME,
    "status": Attribute("status"),
    "user_id": Attribute("user_id"),
    "artifact_uri": Attribute("artifact_uri"),
    "start_time": _START,
    "end_time": Attribute("end_time", "time"),
    "created": _START,
    "Created": _START,
}

RUNS = Vocabulary(
    prefixes={
        "attribute": "attribute",
        "attributes": "attribute",
        "attr": "attribute",
        "run": "attribute",
        "metric": "metric",
        "metrics": "metric",
        "param": "param",
        "params": "param",
        "parameter": "param",
        "parameters": "param",
        "tag": "tag",
        "tags": "tag",
        "dataset": "dataset",
        "datasets": "dataset",
    },
    attributes={
        **_RUN_ATTRIBUTES,
        "run name": _RUN_NAME,
        "Run name": _RUN_NAME,
        "Run Name": _RUN_NAME,
    },
    dataset_keys=("name", "digest", "context"),
    order_keys=_RUN_ATTRIBUTES,
    order_entities=("metric", "param", "tag"),
    distinct_order=True,
    summaries=True,
    wording=Wording(
        entity=(
            "Invalid entity type {entity!r}. Valid values are"
            " ['metric', 'parameter', 'tag', 'attribute', 'dataset']"
        ),
        quote_strays=True,
        order_entity="Invalid identifier type {entity!r}",
    ),
)

_EXPERIMENT_ATTRIBUTES = {
    "name": Attribute("name"),
    "experiment_id": _ID,
    "creation_time": Attribute("creation_time", "time"),
    "last_update_time": Attribute("last_update_time", "time"),
}

_ATTRIBUTES_AND_TAGS: dict[str, Entity] = {"attribute": "attribute", "tag": "tag", "tags": "tag"}

EXPERIMENTS = Vocabulary(
    prefixes=_ATTRIBUTES_AND_TAGS,
    attributes=_EXPERIMENT_ATTRIBUTES,
    order_keys=_EXPERIMENT_ATTRIBUTES,
    wording=Wording(
        entity_comparator={
            "experiment_id": "Invalid comparator for experiment_id: {operator}",
            "tag": "Invalid comparator for tag: {operator}",
        }
    ),
)

_REGISTRY_COMPARATORS = {
    "attribute": "Invalid comparator for attribute: {operator}",
    "tag": "Invalid comparator for tag: {operator}",
}

_UPDATED = Attribute("last_updated_timestamp", "time")

REGISTERED_MODELS = Vocabulary(
    prefixes=_ATTRIBUTES_AND_TAGS,
    attributes={"name": Attribute("name")},
    order_keys={
        "name": Attribute("name"),
        "timestamp": _UPDATED,
        "last_updated_timestamp": _UPDATED,
    },
    wording=Wording(
        entity_comparator=_REGISTRY_COMPARATORS,
        order_key="Invalid order by key {name!r} specified. Valid keys are '{{{keys}}}'",
        order_entity="Invalid order by key {name!r} specified. Valid keys are '{{{keys}}}'",
    ),
)

MODEL_VERSIONS = Vocabulary(
    prefixes={**_ATTRIBUTES_AND_TAGS, "dataset": "dataset", "datasets": "dataset"},
    dataset_keys=("name", "digest"),
    attributes={
        "name": Attribute("name"),
        "source_path": Attribute("source_path"),
        "run_id": Attribute("run_id"),
        "version_number": Attribute("version_number", "number"),
    },
    order_keys={
        "name": Attribute("name"),
        "version_number": Attribute("version_number", "number"),
        "creation_timestamp": Attribute("creation_timestamp", "time"),
        "last_updated_timestamp": _UPDATED,
    },
    quoted_numbers=True,
    reserved=("version", "source"),
    wording=Wording(entity_comparator=_REGISTRY_COMPARATORS),
)

_CREATED = Attribute("creation_timestamp_ms", "time")
_LAST_UPDATED = Attribute("last_updated_timestamp_ms", "time")

_MODEL_ATTRIBUTES = {
    "name": Attribute("name"),
    "model_id": Attribute("model_id"),
    "model_type": Attribute("model_type"),
    "source_run_id": Attribute("source_run_id"),
    "status": Attribute("status"),
    "experiment_id": Attribute("experiment_id"),
    "creation_timestamp": _CREATED,
    "creation_timestamp_ms": _CREATED,
    "creation_time": _CREATED,
    "last_updated_timestamp": _LAST_UPDATED,
    "last_updated_timestamp_ms": _LAST_UPDATED,
}

_MODEL_COMPARATOR = (
    "Invalid comparison operator for {field}: {operator!r}. Expected one of ({operators})."
)

LOGGED_MODELS = Vocabulary(
    prefixes={
        "attributes": "attribute",
        "metrics": "metric",
        "params": "param",
        "tags": "tag",
    },
    attributes=_MODEL_ATTRIBUTES,
    order_keys=_MODEL_ATTRIBUTES,
    order_entities=("metric",),
    bare_values=True,
    wording=Wording(
        entity=(
            "Invalid entity type: {entity!r}."
            " Expected one of ['attributes', 'metrics', 'params', 'tags']."
        ),
        comparator=_MODEL_COMPARATOR,
        operator_first=True,
        strays=(
            "Invalid filter string: {text!r}. Expected a list of comparisons separated by 'AND'"
            " (e.g. 'metrics.loss > 0.1 AND params.lr = 0.01')."
        ),
        several="Invalid filter string: {text!r}. Expected a single SQL expression.",
        order_key="Invalid order by field name: {clause}",
        order_entity="Invalid order by field name: {clause}. Only metrics are supported.",
    ),
)
