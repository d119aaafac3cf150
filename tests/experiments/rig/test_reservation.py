"""Instruments belong to one run at a time; a second user is told who has them."""

import subprocess
import sys

import pytest

from phonosync.experiments.rig.reservation import reserved
from phonosync.theory.errors import InputError

MINE, YOURS = "TCPIP0::198.51.100.7::5025::SOCKET", "TCPIP0::198.51.100.8::5025::SOCKET"


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_a_second_user_is_told_the_name_of_the_first():
    with reserved([MINE], holder="run a1b2c3 of light by Ada on cryo2"):
        with (
            pytest.raises(InputError, match=r"is in use by run a1b2c3 of light by Ada on cryo2"),
            reserved([YOURS, MINE], holder="somebody else"),
        ):
            pass
        with reserved([YOURS], holder="somebody else"):  # nothing of a refused user is kept
            pass
    with reserved([MINE], holder="somebody else"):
        pass


def test_other_instruments_are_free():
    with reserved([MINE], holder="one"), reserved([YOURS], holder="the other"):
        pass


def test_an_instrument_named_twice_is_reserved_once():
    with reserved([MINE, MINE], holder="one"):
        pass


def test_a_process_that_is_killed_gives_its_instruments_back(tmp_path):
    code = (
        "import sys, tempfile\n"
        "tempfile.tempdir = sys.argv[1]\n"
        "from phonosync.experiments.rig.reservation import reserved\n"
        "with reserved([sys.argv[2]], holder='the first process'):\n"
        "    print('has it', flush=True); sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), MINE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "has it\n"
        said = rf"in use by the first process \(process {other.pid}, since "
        with pytest.raises(InputError, match=said), reserved([MINE], holder="the second"):
            pass
        other.kill()
        other.wait()
    with reserved([MINE], holder="the second"):
        pass


def test_a_second_command_on_the_same_instruments_is_refused(
    phonosync, plan_file, rig_file, lab, tmp_path
):
    heard = []
    for server in lab.servers.values():
        server.answer = lambda instrument, message: heard.append(message) or b""
    with reserved([lab.addresses["laser"]], holder="a run of tongue by Grace on cryo1"):
        for words in (
            ("measure", plan_file, "--rig", rig_file, "--out", tmp_path / "out"),
            ("safe", rig_file),
        ):
            code, _, err = phonosync(*words)
            assert code == 2
            assert "is in use by a run of tongue by Grace on cryo1" in err
            assert err.count("\n") == 1
    assert heard == []
    assert not (tmp_path / "out").exists()
