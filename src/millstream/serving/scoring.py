"""Predictions for whole files, in the interpreter that runs this: chunk by chunk, resumable.

`python -m millstream.serving.scoring JOB` takes a job as JSON.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from millstream import settings
from millstream.errors import BadRequest, MillstreamError
from millstream.model_format import pyfunc
from millstream.model_format.digests import MANIFEST
from millstream.serving import scoring_input
from millstream.serving.payloads import Decoder
from millstream.serving.scoring_input import JSON, PARQUET, Chunk
from millstream.serving.scoring_job import ScoringJob
from millstream.serving.scoring_output import (
    ParquetFile,
    Progress,
    ResumableFile,
    Stream,
    form,
    found_progress,
)


def score(job: ScoringJob) -> int:
    """Do the job; answers with the number of rows.

    Bad input raises `BadRequest` that says in which rows, counted from 0; what is finished before
    it is kept for `resume`.
    """
    job = job.completed()
    kind = str(job.content_type)
    progress = Progress(_identity(job))
    if job.resume and job.output_path is not None:
        progress = found_progress(Path(job.output_path), progress.of) or progress
    model = pyfunc.load(Path(job.model), settings.load().allow_pickle)
    decoder = Decoder(model)
    rows = progress.rows
    total = scoring_input.extent(job.input_path, kind)
    with closing(_sink(job, progress)) as sink:
        with _bar(total, progress.position, kind) as advance:
            for chunk in scoring_input.chunks(
                job.input_path, kind, job.chunk_rows, progress.position
            ):
                request, predictions = _predicted(model, decoder, chunk, rows)
                sink.write(predictions, request, chunk.position)
                rows += request.rows
                advance(chunk.position)
        sink.finish()
    return rows


def _predicted(
    model: pyfunc.PyFuncModel, decoder: Decoder, chunk: Chunk, before: int
) -> tuple[Any, Any]:
    try:
        request = decoder.decode(chunk.content_type, chunk.body)
    except BadRequest as error:
        where = f"In the part of the input whose row 0 is row {before}: " if before else ""
        raise BadRequest(f"{where}{error.message}") from error
    try:
        return request, model.infer(request.data, request.params)
    except MillstreamError:
        raise
    except Exception as error:  # the model's own code
        rows = f"rows {before} to {before + chunk.rows - 1}" if chunk.rows else "the input"
        raise BadRequest(
            f"The model failed to predict {rows}: {type(error).__name__}: {error}"
        ) from error


def _sink(job: ScoringJob, progress: Progress) -> Stream | ResumableFile | ParquetFile:
    shape = form(str(job.output_type), whole=job.content_type == JSON)
    if job.output_path is None:
        return Stream(shape)
    path = Path(job.output_path)
    if job.output_type == PARQUET:
        return ParquetFile(path)
    return ResumableFile(path, shape, progress)


def _identity(job: ScoringJob) -> dict[str, Any]:
    """What must be the same for a scoring to be resumed."""
    path = Path(job.model, MANIFEST)
    model = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else job.model
    found: dict[str, Any] = {
        "the_model": model,
        "the_types": [job.content_type, job.output_type],
        "--chunk-rows": job.chunk_rows,
    }
    if job.input_path is not None and Path(job.input_path).is_file():
        known = Path(job.input_path).stat()
        found["the_input"] = [str(Path(job.input_path).resolve()), known.st_size, known.st_mtime_ns]
    return found


@contextmanager
def _bar(total: int | None, start: int, kind: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal."""
    if not sys.stderr.isatty() or settings.load().no_progress or kind == JSON:
        yield lambda _: None
        return
    rich = importlib.import_module("rich.progress")
    console = importlib.import_module("rich.console").Console(stderr=True)
    counted = rich.MofNCompleteColumn() if kind == PARQUET else rich.DownloadColumn()
    columns = (rich.TextColumn("Predicting"), rich.BarColumn(), counted, rich.TimeRemainingColumn())
    with rich.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total, completed=start)
        yield lambda position: bar.update(task, completed=position)


def main(arguments: list[str]) -> int:
    """Do the job given as JSON; the answer is the exit code, and an error is one line."""
    if len(arguments) != 1:
        print("usage: python -m millstream.serving.scoring JOB (JSON)", file=sys.stderr)
        return 2
    try:
        score(msgspec.json.decode(arguments[0], type=ScoringJob))
    except (MillstreamError, msgspec.MsgspecError, OSError) as error:
        print(f"Error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
