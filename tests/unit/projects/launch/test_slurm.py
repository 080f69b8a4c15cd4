"""Options and templates of jobs bring nothing into a script that was not meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import InvalidParameter, Unavailable
from millstream.projects.launch import slurm
from millstream.projects.launch.slurm import STATES, SlurmOptions, state_of

DOCUMENTED = """
BOOT_FAIL CANCELLED COMPLETED CONFIGURING COMPLETING DEADLINE FAILED NODE_FAIL OUT_OF_MEMORY PENDING
PREEMPTED RUNNING RESV_DEL_HOLD REQUEUE_FED REQUEUE_HOLD REQUEUED RESIZING REVOKED SIGNALING
SPECIAL_EXIT STAGE_OUT STOPPED SUSPENDED TIMEOUT
"""


def test_every_state_that_squeue_documents_is_known() -> None:
    assert set(DOCUMENTED.split()) <= set(STATES)


def test_options_are_words_of_sbatch() -> None:
    told = SlurmOptions(
        options={"partition": "gpu", "cpus-per-task": 4, "exclusive": True, "hold": False}
    )
    words = told.words()
    assert words == ["--partition=gpu", "--cpus-per-task=4", "--exclusive"]


@pytest.mark.parametrize(
    "name", ["wrap", "output", "array", "parsable", "-p", "p=x", "Partition", "", "a b", "a\nb"]
)
def test_names_that_are_ours_or_none_are_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="long option"):
        SlurmOptions(options={name: "x"}).words()


@given(text=st.text())
def test_a_value_is_one_word_or_refused(text: str) -> None:
    options = SlurmOptions(options={"comment": text})
    if text and not any(sign.isspace() or not sign.isprintable() for sign in text):
        assert options.words() == [f"--comment={text}"]
    else:
        with pytest.raises(InvalidParameter, match="comment"):
            options.words()


def test_the_script_is_the_command_or_the_template(tmp_path: Path) -> None:
    assert SlurmOptions().script("run it") == "#!/bin/sh\nexec run it\n"
    template = tmp_path / "job.sh"
    template.write_text("#!/bin/bash\nmodule load x\n{command}\necho ${HOME}\n")
    script = SlurmOptions(job_template=str(template)).script("run it")
    assert script == "#!/bin/bash\nmodule load x\nrun it\necho ${HOME}\n"


@pytest.mark.parametrize("text", ["{command}\n", "#!/bin/sh\n", "#!/bin/sh\n{command}{command}\n"])
def test_what_is_no_template_is_refused(tmp_path: Path, text: str) -> None:
    template = tmp_path / "job.sh"
    template.write_text(text)
    with pytest.raises(InvalidParameter, match="begins with #!"):
        SlurmOptions(job_template=str(template)).script("run it")
    with pytest.raises(InvalidParameter, match="cannot be read"):
        SlurmOptions(job_template=str(tmp_path / "absent")).script("run it")


class Programs:
    """Slurm's programs, of which each has one answer: what it prints, or its complaint."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def answer(self, name: str, printed: str = "", complaint: str = "") -> None:
        path = self.folder / name
        code = 1 if complaint else 0
        path.write_text(
            f"#!/bin/sh\nprintf '%s' '{printed}'\necho '{complaint}' >&2\nexit {code}\n"
        )
        path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(tmp_path, monkeypatch)


FORGOTTEN = "slurm_load_jobs error: Invalid job id specified"


def test_squeue_is_asked_first(programs: Programs) -> None:
    programs.answer("squeue", "RUNNING\n")
    assert state_of("7") == "RUNNING"
    programs.answer("squeue", "CLUSTER: blue\nPENDING\n")
    assert state_of("7", ["--clusters=blue"]) == "PENDING"


@pytest.mark.parametrize("how", ["complains", "prints nothing", "names its cluster only"])
def test_sacct_knows_what_squeue_has_forgotten(programs: Programs, how: str) -> None:
    printed = "CLUSTER: blue\n" if how == "names its cluster only" else ""
    programs.answer("squeue", printed, FORGOTTEN if how == "complains" else "")
    programs.answer("sacct", "CANCELLED by 1000\n")
    assert state_of("7") == "CANCELLED"
    programs.answer("sacct", "OUT_OF_MEMORY\n")
    assert state_of("7") == "OUT_OF_MEMORY"
    programs.answer("sacct", "")
    with pytest.raises(Unavailable, match="Neither"):
        state_of("7")


def test_another_complaint_of_squeue_is_told(programs: Programs) -> None:
    complaint = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
    programs.answer("squeue", complaint=complaint)
    programs.answer("sacct", "COMPLETED\n")
    with pytest.raises(Unavailable, match="Unable to contact"):
        state_of("7")


def test_a_program_that_hangs_is_not_waited_for(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slurm, "_ANSWER", 0.1)
    path = programs.folder / "squeue"
    path.write_text("#!/bin/sh\nexec sleep 20\n")
    path.chmod(0o755)
    with pytest.raises(Unavailable, match="has not answered"):
        state_of("7")
