"""`python -m millstream.integrations.scoring_loop`: predict for batches from a pipe, until its end.

Runs in the environment of a model, for a worker of Spark in another one.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import IO

from millstream.errors import MillstreamError
from millstream.integrations import scoring_messages as messages
from millstream.integrations.batch_frames import answer_frame, model_input


def main() -> None:
    """Answer each message in turn. What the model prints goes to the standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    start = messages.read(sys.stdin.buffer)
    if isinstance(start, messages.Start):
        _answer_all(start, sys.stdin.buffer, answers)


def _answer_all(start: messages.Start, batches: IO[bytes], answers: IO[bytes]) -> None:
    while isinstance(message := messages.read(batches), messages.Batch):
        try:
            answer: messages.Message = _answer(start, message)
        except MillstreamError as error:
            answer = messages.Failure(error.message, error.error_code)
        except Exception:  # noqa: BLE001  # code of the model's may raise anything
            answer = messages.Failure(traceback.format_exc(), "INTERNAL_ERROR")
        messages.write(answers, answer)


def _answer(start: messages.Start, message: messages.Batch) -> messages.Batch:
    directory = Path(start.directory)
    model = start.model.load(directory)
    data = model_input(messages.frame(message), model.metadata.get_input_schema())
    return messages.batch(answer_frame(start.model.predict(directory, data)))


if __name__ == "__main__":
    main()
