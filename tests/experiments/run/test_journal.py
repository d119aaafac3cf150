"""The journal: what it says has happened is on disk, and a power cut takes a line at most."""

import json
import os

import pytest

from phonosync.experiments.run.journal import FORMAT, JOURNAL, Journal, read_history
from phonosync.theory.errors import InputError

HEADER = {"format": FORMAT, "id": "abc123", "created_at": 1.0}


@pytest.fixture
def told(tmp_path):
    """A journal of two points."""
    with Journal(tmp_path) as journal:
        journal.append("run", **HEADER)
        journal.append("session", guid="g0", at=2.0)
        journal.append("point", number=0, session=0, rows={"psd": 4}, values={"a": 0.5}, at=3.0)
        journal.append("missing", number=1, session=0, missing="silence", at=4.0)
    return tmp_path / JOURNAL


def test_a_history_is_what_was_told(told):
    history = read_history(told.parent)
    assert history.header["id"] == "abc123"
    assert (history.status, history.changed_at) == ("running", 4.0)
    assert history.points[0].rows == {"psd": 4}
    assert history.points[0].values == {"a": 0.5}
    assert (history.points[0].missing, history.points[1].missing) == ("", "silence")


def test_an_event_is_synced_to_the_disk_before_append_returns(tmp_path, monkeypatch):
    on_disk = []

    def fsync(descriptor):
        on_disk.append((tmp_path / JOURNAL).read_bytes())

    with Journal(tmp_path) as journal:
        monkeypatch.setattr(os, "fsync", fsync)
        journal.append("run", **HEADER)
        assert json.loads(on_disk[-1])["id"] == "abc123"
        journal.append("end", status="complete", why="", at=5.0)
    assert on_disk[-1].endswith(b'"at": 5.0}\n')
    assert len(on_disk) == 2


@pytest.mark.parametrize("torn", [b'{"event": "poi', b"\0" * 40, b'{"event": "point", "number": 2'])
def test_a_line_that_a_power_cut_has_torn_never_happened(told, torn):
    whole = told.read_bytes()
    told.write_bytes(whole + torn)
    assert set(read_history(told.parent).points) == {0, 1}
    with Journal(told.parent) as journal:
        journal.append("end", status="failed", why="power cut", at=9.0)
    assert told.read_bytes().startswith(whole)
    assert told.read_bytes().count(b"\n") == whole.count(b"\n") + 1
    assert read_history(told.parent).status == "failed"


def test_a_last_line_full_of_nothing_never_happened_though_its_end_was_written(told):
    whole = told.read_bytes()
    told.write_bytes(whole + b"\0" * 30 + b"\n")
    assert set(read_history(told.parent).points) == {0, 1}
    with Journal(told.parent):
        pass
    assert told.read_bytes() == whole


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_wherever_the_last_line_is_cut_the_line_before_it_holds(told, cut):
    told.write_bytes(told.read_bytes()[:-cut])
    assert set(read_history(told.parent).points) == {0}


def test_a_damaged_line_in_the_middle_is_named_and_nothing_is_guessed(told):
    lines = told.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2][:20] + b"#" + lines[2][21:].replace(b'"', b"'")
    told.write_bytes(b"".join(lines))
    with pytest.raises(InputError, match=r"journal\.jsonl, line 3 is damaged.*from a copy"):
        read_history(told.parent)


def test_numbers_that_are_none_are_not_written_down(tmp_path):
    with Journal(tmp_path) as journal, pytest.raises(ValueError, match="JSON"):
        journal.append("point", values={"power": float("nan")})
    assert (tmp_path / JOURNAL).read_bytes() == b""


@pytest.mark.parametrize(
    "content", [b"", b'{"event": "end"}\n', b'{"event": "run", "format": "x"}\n']
)
def test_a_file_that_begins_with_no_run_is_refused(tmp_path, content):
    (tmp_path / JOURNAL).write_bytes(content)
    with pytest.raises(InputError, match="no journal of a run"):
        read_history(tmp_path)


def test_a_folder_without_a_journal_is_no_run(tmp_path):
    with pytest.raises(InputError, match="holds no run of phonosync"):
        read_history(tmp_path)


def test_going_on_after_an_end_is_running_again(told):
    with Journal(told.parent) as journal:
        journal.append("end", status="interrupted", why="Ctrl-C.", at=5.0)
        assert read_history(told.parent).why == "Ctrl-C."
        journal.append("session", guid="g1", at=6.0)
    history = read_history(told.parent)
    assert (history.status, history.why, len(history.sessions)) == ("running", "", 2)
