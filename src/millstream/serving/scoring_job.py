"""What is to be scored with which model, in words that go on a command line."""

from __future__ import annotations

import msgspec

from millstream.errors import InvalidParameter
from millstream.serving import scoring_input
from millstream.serving.scoring_input import CSV, PARQUET

CHUNK_ROWS = 10_000


class ScoringJob(msgspec.Struct, frozen=True, kw_only=True):
    """What to score with which model.

    Without `input_path` the standard input is read, and without `output_path` the standard output
    written. `resume` goes on where an earlier one was ended.
    """

    model: str
    input_path: str | None = None
    output_path: str | None = None
    content_type: str | None = None
    output_type: str | None = None
    chunk_rows: int = CHUNK_ROWS
    resume: bool = False

    def completed(self) -> ScoringJob:
        """The job with the types that the names of its files say; or `InvalidParameter`."""
        content = self.content_type or scoring_input.kind_of(self.input_path)
        output = self.output_type or scoring_input.kind_of(self.output_path)
        for kind in (content, output):
            if kind not in scoring_input.KINDS:
                known = ", ".join(scoring_input.KINDS)
                raise InvalidParameter(f"{kind!r} is none of the types {known}.")
        if self.chunk_rows < 1:
            raise InvalidParameter(f"--chunk-rows must be at least 1, not {self.chunk_rows}.")
        if self.resume and (self.input_path is None or self.output_path is None):
            raise InvalidParameter("--resume needs --input-path and --output-path.")
        if output == PARQUET and (self.resume or self.output_path is None):
            raise InvalidParameter(
                "Parquet is written to a file as a whole: give --output-path, and instead of "
                "--resume write .csv or .jsonl."
            )
        return msgspec.structs.replace(self, content_type=content, output_type=output)

    def packages(self) -> list[str]:
        """What reading and writing such files needs beside the model's own requirements."""
        kinds = {self.content_type, self.output_type}
        return [name for kind, name in _PACKAGES.items() if kind in kinds]


_PACKAGES = {CSV: "pandas", PARQUET: "pyarrow"}
