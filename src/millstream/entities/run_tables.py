"""The table of runs as columns, and the requests about it."""

from __future__ import annotations

from typing import Literal

from millstream.entities.entity import Entity
from millstream.entities.experiments import ViewName

ColumnKind = Literal["attribute", "metric", "param", "tag"]
Aggregate = Literal["last", "min", "max"]
GroupMark = Literal["group", "count", "mean", "deviation", "lowest", "highest"]


class Column(Entity):
    """A column of the table: an attribute of runs, or a metric, param or tag by its whole key.

    Attributes are run_id, run_name, experiment_id, status, user_id, start_time, end_time, duration
    (ms), lifecycle_stage, artifact_uri, source, commit, datasets and models. `aggregate` chooses
    among a metric's values and means nothing elsewhere.
    """

    kind: ColumnKind
    key: str
    aggregate: Aggregate = "last"


class ColumnOrder(Column):
    """A column to order by. Runs without a value come last either way, NaN before them.

    Params that are numbers come first and in their numeric order; texts compare by their first 64
    characters.
    """

    ascending: bool = True


class ColumnValue(Column):
    """A value of a column, as a text or a number; neither means that there is none."""

    text: str | None = None
    number: float | None = None


class GetRunTable(Entity):
    """Some rows of the table of runs: `max_results` (1 to 1,000) from the row `offset` on.

    Without `parent_run_id` all matches are rows. If it is empty, those whose parent is not among
    the matches; else the matches that are children of that run. Matches that are each other's
    parents, or their own, are rows as if they had none. `within` keeps runs that have all these
    values. Without an order the newest come first.
    """

    experiment_ids: list[str] = []
    filter: str | None = None
    run_view_type: ViewName = "ACTIVE_ONLY"
    order_by: list[ColumnOrder] = []
    columns: list[Column] = []
    within: list[ColumnValue] = []
    parent_run_id: str | None = None
    offset: int = 0
    max_results: int = 200


class ColumnValues(Column):
    """The values of a column, one for each row, as `numbers` or else as `texts`.

    Metrics and the attributes start_time, end_time and duration are numbers; params are texts.
    """

    numbers: list[float | None] = []
    texts: list[str | None] = []


class RunTable(Entity):
    """Rows of the table as columns of equal length. `total` counts the rows that there are.

    Times are in ms since 1970. `child_counts` tells how many matches have a row as their parent;
    it is empty if no `parent_run_id` was given.
    """

    total: int
    run_ids: list[str]
    run_names: list[str]
    experiment_ids: list[str]
    statuses: list[str]
    start_times: list[int | None]
    end_times: list[int | None]
    lifecycle_stages: list[str]
    child_counts: list[int]
    columns: list[ColumnValues]


class ListColumns(Entity):
    """The metrics, params and tags that the runs of an experiment have."""

    experiment_id: str


class ColumnSummary(Entity):
    """What is known of a column over all runs of an experiment, deleted ones included.

    `differs` tells whether runs that have it have different values. `is_number` is true of metrics
    and of params all of whose values are numbers; `lowest` and `highest` are the ends of the finite
    numbers, of metrics among their last values.
    """

    kind: ColumnKind
    key: str
    differs: bool
    is_number: bool
    lowest: float | None = None
    highest: float | None = None


class ColumnSummaries(Entity):
    """The columns of an experiment by kind and key, without the attributes, which all runs have."""

    columns: list[ColumnSummary]


class ListColumnValues(Entity):
    """Different values of a column that begin with a text; `max_results` is 1 to 50.

    The column is a param, a tag or an attribute that is a text. `datasets` and `models` mean the
    names of those of the experiment.
    """

    experiment_id: str
    kind: ColumnKind
    key: str
    prefix: str = ""
    max_results: int = 50


class ColumnTexts(Entity):
    """Different values in the order of their characters.

    Of those that share their first 64 characters only one is told.
    """

    values: list[str]


class GroupOrder(Entity):
    """What to order groups by: a column of theirs, how many runs they have, or a measure.

    `place` counts the columns of `group_by` or of `measures` from 0. What is missing comes last.
    """

    by: GroupMark
    place: int = 0
    ascending: bool = True


class GetRunGroups(Entity):
    """Group the matches by the values of 1 to 3 columns.

    `measures` (at most 50) are metrics, params or numeric attributes to sum up for each group;
    values that are no numbers, or of 1e150 and more, are left out. `max_results` is 1 to 1,000.
    Without an order the groups with most runs come first.
    """

    experiment_ids: list[str] = []
    filter: str | None = None
    run_view_type: ViewName = "ACTIVE_ONLY"
    within: list[ColumnValue] = []
    group_by: list[Column] = []
    measures: list[Column] = []
    order_by: list[GroupOrder] = []
    offset: int = 0
    max_results: int = 200


class Measure(Column, kw_only=True):
    """A column summed up for each group.

    `counts` are the numbers of values. `deviations` are sample standard deviations (divided by
    n - 1), absent for less than two values.
    """

    counts: list[int]
    means: list[float | None]
    deviations: list[float | None]
    lowest: list[float | None]
    highest: list[float | None]


class RunGroups(Entity):
    """Groups of runs as columns of equal length.

    `total` counts the groups that there are and `run_total` their runs. In `columns` stand the
    values that make a group; a column of datasets or models groups by the first name.
    """

    total: int
    run_total: int
    counts: list[int]
    columns: list[ColumnValues]
    measures: list[Measure]
