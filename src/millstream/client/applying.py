"""Applying the records of a run to a store, whichever it is and however often.

A server that chooses ids itself (MLflow's) gives a run or model that was begun here another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from millstream.artifacts.interface import ArtifactStore
from millstream.client.away import is_away
from millstream.client.other_ids import (
    MODEL,
    ORIGINAL,
    ORIGINAL_MODEL,
    addressed,
    id_in,
    points_of,
    remember,
)
from millstream.client.records import (
    OPERATIONS,
    BeginModel,
    BeginRun,
    Header,
    LinkModel,
    LogArtifact,
    LogTable,
    Points,
    Record,
    TagExperiment,
)
from millstream.client.table_merging import list_table, merge
from millstream.entities.experiments import (
    CreateExperiment,
    DeleteExperimentTag,
    ExperimentId,
    GetExperimentByName,
    LifecycleStage,
    SetExperimentTag,
)
from millstream.entities.metrics import Metric
from millstream.entities.models import (
    DeleteLoggedModelTag,
    GetLoggedModel,
    LoggedModel,
    LoggedModelId,
    LoggedModelParameter,
    LoggedModelTag,
    LogLoggedModelParams,
    SearchLoggedModels,
    SetLoggedModelTags,
)
from millstream.entities.runs import (
    CreateRun,
    DeleteTag,
    LogBatch,
    LoggedModelOutput,
    LogInputs,
    LogOutputs,
    Run,
    RunId,
    RunTag,
    SearchRuns,
    SetTag,
)
from millstream.errors import AlreadyExists, InvalidParameter, MillstreamError, NotFound
from millstream.store.interface import Store
from millstream.store.pending import Pending

MOST_METRICS = 1_000
MOST_REFUSALS = 20
OFFLINE = "offline-"
EXPERIMENT = "experiment-"
DEFAULT = "0"
_BLOCK = 1 << 20

OpenArtifacts = Callable[[str], ArtifactStore]
Piece = list[Metric] | Record
"""What is applied at once: up to 1,000 points, or one record of another kind."""


class Refusal(NamedTuple):
    """What a store does not want: its error, the (first) record, and how many records it costs."""

    error: MillstreamError
    record: Record
    records: int


class Applier:
    """Brings the records of one run to one place.

    `at_home` says that this is where the journal belongs, so that ids of experiments mean there
    what they mean in it.
    """

    def __init__(
        self,
        place: str,
        run_id: str,
        folder: Path,
        open_artifacts: OpenArtifacts,
        *,
        at_home: bool = True,
    ) -> None:
        self.place = place
        self.run_id = run_id
        self._at_home = at_home
        self._open_artifacts = open_artifacts
        self._folder = folder
        self._target: str | None = None

    @property
    def target(self) -> str:
        """The id that the run has there."""
        if self._target is None:
            self._target = id_in(self.place, self.run_id, self._folder)
        return self._target

    def send(self, store: Store, piece: Piece, files: Path) -> list[Refusal]:
        """Apply; gives what the store does not want, and raises its error if it is away.

        `files` is the folder of the journal's files. What is refused costs no neighbour: batches
        are taken apart, up to a number of refusals.
        """
        if isinstance(piece, list):
            return self._send_points(store, piece, [MOST_REFUSALS])
        try:
            self.apply(store, piece, files)
        except MillstreamError as error:
            if is_away(error):
                raise
            parts = _parts(piece)
            if len(parts) == 1:
                return [Refusal(error, piece, 1)]
            return [found for part in parts for found in self.send(store, part, files)]
        return []

    def apply(self, store: Store, record: Record, files: Path) -> None:
        """Apply one record that is no point.

        Raises what the store raises, and `InvalidParameter` for a file that is not what was kept.
        """
        if isinstance(record, BeginRun):
            self._begin(store, record)
        elif isinstance(record, BeginModel):
            self._begin_model(store, record)
        elif isinstance(record, LinkModel):
            self._link_model(store, self._addressed(record))
        elif isinstance(record, CreateExperiment):
            experiment_of(store, record)
        elif isinstance(record, LogArtifact):
            self._upload(store, record, files)
        elif isinstance(record, LogTable):
            self._merge(store, record, files)
        elif isinstance(record, TagExperiment):
            self._tag_experiment(store, record)
        elif isinstance(record, DeleteTag | DeleteLoggedModelTag):
            self._delete_tag(store, record)
        elif isinstance(record, LogInputs | LogOutputs):
            self._link(store, self._addressed(record))
        else:
            perform(store, self._addressed(record)).result()

    def begin_if_absent(self, store: Store, header: Header) -> None:
        """See to it that there is a run, where its journal does not tell of its creation."""
        try:
            store.runs.get(RunId(self.target))
        except NotFound:
            tags = [RunTag(ORIGINAL, self.run_id)]
            self._begin(
                store, BeginRun(CreateRun(DEFAULT, None, None, header.created, tags, self.run_id))
            )

    def _send_points(
        self, store: Store, points: list[Metric], patience: list[int]
    ) -> list[Refusal]:
        """Send points; when they are refused, find by halving which of them are to blame."""
        try:
            store.runs.log_batch(LogBatch(self.target, points_of(points, self._id_of))).result()
        except MillstreamError as error:
            if is_away(error):
                raise
            if len(points) == 1 or patience[0] <= 0:
                patience[0] -= 1
                return [Refusal(error, points[0], len(points))]
            half = len(points) // 2
            first = self._send_points(store, points[:half], patience)
            return first + self._send_points(store, points[half:], patience)
        return []

    def _addressed(self, record: Any) -> Any:
        return addressed(record, self._id_of)

    def _id_of(self, made_here: str) -> str:
        if made_here == self.run_id:
            return self.target
        return id_in(self.place, made_here, self._folder)

    def _remember(self, made_here: str, chosen: str) -> None:
        remember(self.place, made_here, chosen, self._folder)
        self._note(made_here, chosen)

    def _note(self, made_here: str, chosen: str) -> None:
        if made_here == self.run_id:
            self._target = chosen

    def _begin(self, store: Store, record: BeginRun) -> None:
        request = record.run
        if not self._at_home:  # where nobody sends heartbeats of the run
            request = msgspec.structs.replace(request, lease=None)
        by_name = record.experiment
        if by_name is not None and not (self._at_home and is_known(request.experiment_id)):
            experiment_id = experiment_of(store, by_name)
            request = msgspec.structs.replace(request, experiment_id=experiment_id)
        elif not self._at_home:
            request = msgspec.structs.replace(request, experiment_id=DEFAULT)
        if self.target != self.run_id:
            return
        made = store.runs.create(request).result()
        if made.info.run_id != self.run_id:
            self._adopt(store, request, made)

    def _adopt(self, store: Store, request: CreateRun, made: Run) -> None:
        """The server chose another id: keep to the first run that was made of this one."""
        run_id = made.info.run_id
        filter_text = f"tags.`{ORIGINAL}` = '{self.run_id}'"
        asked = SearchRuns([request.experiment_id], filter_text, max_results=10)
        earlier = [run.info for run in store.runs.search(asked).runs if run.info.run_id != run_id]
        if earlier:
            store.runs.delete(RunId(run_id)).result()
            run_id = min(earlier, key=lambda info: info.start_time or 0).run_id
        else:
            store.runs.set_tag(SetTag(run_id, ORIGINAL, self.run_id)).result()
        self._remember(self.run_id, run_id)

    def _begin_model(self, store: Store, record: BeginModel) -> None:
        request = record.model
        made_here = str(request.model_id)
        chosen = id_in(self.place, made_here, self._folder)
        if chosen != made_here:  # perhaps by way of another journal
            self._note(made_here, chosen)
            return
        run_id = request.source_run_id and self._id_of(request.source_run_id)
        home = self._home_of_model(store, record, run_id)
        asked = msgspec.structs.replace(request, experiment_id=home, source_run_id=run_id)
        try:
            made = store.models.create(asked).result()
        except AlreadyExists:  # it has been sent before
            return
        if made.model_id != made_here:
            self._adopt_model(store, made_here, made)

    def _home_of_model(self, store: Store, record: BeginModel, run_id: str | None) -> str:
        """The id of the experiment that a model belongs to."""
        given, by_name = record.model.experiment_id, record.experiment
        if run_id and not (self._at_home and given):
            try:
                return store.runs.get(RunId(run_id)).info.experiment_id
            except NotFound:
                if self._at_home:
                    raise
        if by_name is not None and not (self._at_home and is_known(given)):
            return experiment_of(store, by_name)
        return given if self._at_home else DEFAULT

    def _adopt_model(self, store: Store, made_here: str, made: LoggedModel) -> None:
        """The server chose another id: keep to the first model that was made of this one."""
        model_id = made.model_id
        filter_text = f"tags.`{ORIGINAL_MODEL}` = '{made_here}'"
        found = store.models.search(SearchLoggedModels([made.experiment_id], filter_text)).models
        earlier = [model for model in found if model.model_id != model_id]
        if earlier:
            store.models.delete(LoggedModelId(model_id)).result()
            model_id = min(earlier, key=lambda model: model.creation_timestamp).model_id
        else:
            original = LoggedModelTag(ORIGINAL_MODEL, made_here)
            store.models.set_tags(SetLoggedModelTags(model_id, [original])).result()
        self._remember(made_here, model_id)

    def _link(self, store: Store, record: LogInputs | LogOutputs) -> None:
        """Link what is not linked yet: a second link is refused by MLflow's server."""
        if record.models:
            run = store.runs.get(RunId(record.run_id))
            linked = [*run.inputs.model_inputs, *run.outputs.model_outputs]
            record = msgspec.structs.replace(
                record, models=[model for model in record.models if model not in linked]
            )
        if record.models or isinstance(record, LogInputs):
            perform(store, record).result()

    def _link_model(self, store: Store, record: LinkModel) -> None:
        run = store.runs.get(RunId(record.run_id))
        known = store.models.get(GetLoggedModel(record.model_id)).params
        missing = [
            LoggedModelParameter(param.key, param.value)
            for param in run.data.param_list
            if param.key not in known
        ]
        if missing:
            store.models.log_params(LogLoggedModelParams(record.model_id, missing)).result()
        for request in links(record, run):
            self.apply(store, request, self._folder)

    def _upload(self, store: Store, record: LogArtifact, files: Path) -> None:
        file = self._kept(record, files)
        if record.model_id is not None:
            model = store.models.get(GetLoggedModel(self._id_of(record.model_id)))
            self._open_artifacts(model.artifact_location).write(record.path, blocks_of(file))
            return
        self._artifacts_of(store.runs.get(RunId(self.target))).write(record.path, blocks_of(file))

    def _merge(self, store: Store, record: LogTable, files: Path) -> None:
        part = self._kept(record, files).read_bytes()
        run = store.runs.get(RunId(self.target))
        merge(self._artifacts_of(run), record.path, record.part_id, part, record.at)
        list_table(store, run, record.path)

    def _artifacts_of(self, run: Run) -> ArtifactStore:
        if not run.info.artifact_uri:
            raise InvalidParameter(f"run '{self.target}' has no artifact location")
        return self._open_artifacts(run.info.artifact_uri)

    def _kept(self, record: LogArtifact | LogTable, files: Path) -> Path:
        """The file of a record, beside the journal, as it was kept there."""
        file = files / Path(record.file).name
        if not file.is_file():
            raise InvalidParameter(
                f"the file '{record.path}' of {subject(self.run_id)} is not beside the journal any "
                f"more: '{file}' is absent"
            )
        if digest_of(file) != record.digest:
            raise InvalidParameter(
                f"the file '{record.path}' of {subject(self.run_id)} is damaged: '{file}' is not "
                "what was kept there"
            )
        return file

    def _tag_experiment(self, store: Store, record: TagExperiment) -> None:
        experiment_id = record.experiment_id
        if record.experiment is not None and not (self._at_home and is_known(experiment_id)):
            experiment_id = experiment_of(store, record.experiment)
        elif not self._at_home:
            raise InvalidParameter(
                f"the tag '{record.key}' is of experiment {experiment_id}, whose name the journal "
                "does not tell, and its id means nothing there"
            )
        try:
            tag_experiment(store, experiment_id, record.key, record.value).result()
        except NotFound:
            if record.value is not None:
                raise
            store.experiments.get(ExperimentId(experiment_id))  # the tag may be gone already

    def _delete_tag(self, store: Store, record: DeleteTag | DeleteLoggedModelTag) -> None:
        try:
            perform(store, self._addressed(record)).result()
        except NotFound:  # it may be gone already; but then there is what had it
            if isinstance(record, DeleteTag):
                store.runs.get(RunId(self.target))
            else:
                store.models.get(GetLoggedModel(self._id_of(record.model_id)))


def pieces(records: Iterable[Record]) -> Iterator[Piece]:
    """Records in their order, points together as far as a request takes them."""
    points: list[Metric] = []
    for record in records:
        if isinstance(record, Metric | Points):
            points += record.metrics() if isinstance(record, Points) else [record]
            while len(points) >= MOST_METRICS:
                yield points[:MOST_METRICS]
                del points[:MOST_METRICS]
        else:
            if points:
                yield points
                points = []
            yield record
    if points:
        yield points


def _parts(record: Record) -> list[Record]:
    """A batch as batches of one param, tag or point, so that one that is refused costs no other."""
    if not isinstance(record, LogBatch):
        return [record]
    run_id = record.run_id
    return [
        *(LogBatch(run_id, params=[param]) for param in record.params),
        *(LogBatch(run_id, tags=[tag]) for tag in record.tags),
        *(LogBatch(run_id, metrics=[metric]) for metric in record.metrics),
    ]


def links(record: LinkModel, run: Run) -> list[LogOutputs | LogBatch]:
    """What makes a model an output of its run; what was measured at the same step is its too."""
    run_id, model_id, step = record.run_id, record.model_id, record.step
    measured = [
        msgspec.structs.replace(metric, model_id=model_id)
        for metric in run.data.metric_list
        if metric.step == step and metric.model_id is None
    ]
    output = LogOutputs(run_id, [LoggedModelOutput(model_id, step)])
    return [output, LogBatch(run_id, measured)] if measured else [output]


def perform(store: Store, request: msgspec.Struct) -> Any:
    """Put a request to a store; gives the `Pending` of the answer."""
    noun, _, verb = OPERATIONS[type(request)].partition(".")
    return getattr(getattr(store, noun), verb)(request)


def tag_experiment(store: Store, experiment_id: str, key: str, value: str | None) -> Pending[None]:
    """Set a tag of an experiment, or remove it; `NotFound` if there is none to remove."""
    if value is None:
        return store.experiments.delete_tag(DeleteExperimentTag(experiment_id, key))
    return store.experiments.set_tag(SetExperimentTag(experiment_id, key, value))


def experiment_of(store: Store, request: CreateExperiment) -> str:
    """The id of the experiment of a name, which is created if it is missing."""
    try:
        found = store.experiments.get_by_name(GetExperimentByName(request.name))
    except NotFound:
        try:
            return store.experiments.create(request).result().experiment_id
        except AlreadyExists:  # another process was faster
            found = store.experiments.get_by_name(GetExperimentByName(request.name))
    if found.lifecycle_stage != LifecycleStage.ACTIVE:
        raise InvalidParameter(
            f"the experiment '{request.name}' has been deleted; restore it, so that the runs that "
            "were logged for it can be sent"
        )
    return found.experiment_id


def lane_of_experiment(experiment_id: str) -> str:
    """What stands for an experiment where journals have the id of a run."""
    return f"{EXPERIMENT}{experiment_id}" if is_known(experiment_id) else experiment_id


def subject(journal_of: str) -> str:
    """What a journal is of, in words, by the id in its header."""
    if journal_of.startswith(EXPERIMENT):
        return f"experiment {journal_of.removeprefix(EXPERIMENT)}"
    if journal_of.startswith(OFFLINE):
        return f"experiment {journal_of}"
    return f"{'model' if journal_of.startswith(MODEL) else 'run'} {journal_of}"


def is_known(experiment_id: str) -> bool:
    """Whether an experiment's id was given by a store, and not made up while it was away."""
    return not experiment_id.startswith(OFFLINE)


def digest_of(file: Path) -> str:
    """The SHA-256 of a file."""
    found = hashlib.sha256()
    for block in blocks_of(file):
        found.update(block)
    return found.hexdigest()


def blocks_of(file: Path) -> Iterator[bytes]:
    """The bytes of a file, in constant memory."""
    with file.open("rb", buffering=0) as source:
        while block := source.read(_BLOCK):
            yield block
