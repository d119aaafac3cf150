"""`phonosync check`: what it finds, what it says, and that it only asks."""

import json
import socket

import pytest

from phonosync.experiments.faults.jobs import StillBench
from phonosync.experiments.rig.check import check_rig, exit_code, missing
from phonosync.experiments.rig.file import ROLES, RigFile
from phonosync.experiments.screens.check import check as check_on_screen
from phonosync.instruments.virtual.catalogue import MODELS
from phonosync.instruments.virtual.faults import listening
from phonosync.instruments.virtual.lab import VirtualLab, station

PAIRS = [(role, model) for role, models in MODELS.items() for model in models]


@pytest.fixture
def content(lab, rig_content):
    """A rig file's content, with what the instruments call themselves."""
    content = rig_content(lab.addresses)
    for role, identity in lab.identities.items():
        content["instruments"][role] |= {"model": identity.model, "firmware": identity.firmware}
    return content


@pytest.fixture
def checked(content, write, phonosync, monkeypatch):
    """Check the rig, with changes to its entries; exit code and the lines of the screen."""

    def run(**changes):
        monkeypatch.setenv("COLUMNS", "110")
        for role, change in changes.items():
            content["instruments"][role] |= change
        code, out, err = phonosync("check", write("rig.yaml", content))
        assert err == ""
        return code, out.splitlines()

    return run


def line_of(lines, start):
    [found] = [line for line in lines if line.startswith(start)]
    return found


# Every model


@pytest.mark.parametrize(("role", "model"), PAIRS, ids=lambda name: name)
def test_every_model_is_known_by_questions_alone(role, model):
    heard = []
    with VirtualLab(StillBench(), [role], {role: model}) as lab:
        before = {key: dict(server.instrument.state) for key, server in lab.servers.items()}
        for server in lab.servers.values():
            server.answer = listening(heard)
        rig = RigFile.model_validate(station(lab.addresses, lab.models))
        findings = check_rig(rig)
        after = {key: dict(server.instrument.state) for key, server in lab.servers.items()}
        commands = [m for m in heard if lab.servers[role].instrument.is_command(m)]
        queues = [len(server.instrument.status.errors) for server in lab.servers.values()]
    assert len(findings) == len(lab.servers)
    for finding in findings:
        assert finding.problems == []
        assert finding.identity is not None
        assert finding.identity.model
        assert finding.identity.firmware
    assert heard
    assert commands == []
    assert before == after
    assert set(queues) == {0}


def test_every_role_of_the_rig_can_be_served():
    assert set(MODELS) == set(ROLES)


# The screen


def test_a_rig_that_is_what_its_file_says_is_well(checked):
    code, lines = checked()
    assert code == 0
    text = "\n".join(lines)
    for words in ("SANTEC TSL-570", "wavelength 1480 to 1640 nm", "26.5 GHz", "ports 1 to 16"):
        assert words in text
    assert lines[-1] == "All instruments are what the file says. Nothing was changed."


def test_eighty_columns_hold_the_table_and_whole_addresses(content, write, phonosync, lab):
    _, out, _ = phonosync("check", write("rig.yaml", content))
    assert all(address in out for address in lab.addresses.values())
    table = [line for line in out.splitlines() if line.startswith("│")]
    assert max(map(len, table)) <= 80


def test_another_model_is_told_with_both_names(checked):
    code, lines = checked(spectrum_analyzer={"model": "N9040B"})
    assert code == 3
    assert line_of(lines, "spectrum_analyzer:") == (
        "spectrum_analyzer: is model 'N9030B', expected 'N9040B'. Check the address, or correct "
        "'model'."
    )
    assert "(expected N9040B)" in "\n".join(lines)


def test_another_firmware_is_told(checked):
    code, lines = checked(direction_switch={"firmware": "6.5.2.17"})
    assert code == 3
    assert "has firmware '6.5.2.18', expected '6.5.2.17'" in line_of(lines, "direction_switch:")


def test_an_instrument_that_is_not_the_drivers_is_told(lab, checked):
    code, lines = checked(laser={"address": lab.addresses["spectrum_analyzer"], "model": None})
    assert code == 3
    assert "laser: " in line_of(lines, "laser:")


def test_a_dark_address_is_told_with_the_next_step(checked):
    with socket.socket() as nobody:  # bound, never listening: connections are refused
        nobody.bind(("127.0.0.1", 0))
        address = f"TCPIP0::127.0.0.1::{nobody.getsockname()[1]}::SOCKET"
        code, lines = checked(laser={"address": address})
    assert code == 3
    assert "Check its power, its cable and the address" in line_of(lines, "laser:")


def test_a_wrong_file_alone_is_exit_code_two(checked):
    code, lines = checked(laser={"type": "phonosync.instruments.drivers.santec.SantecTSL571"})
    assert code == 2
    assert "cannot be imported" in line_of(lines, "laser:")


def test_a_wrong_option_of_an_adapter_is_met_with_the_right_one(checked):
    code, lines = checked(laser={"adapter": {"setling_s": 3.0}})
    assert code == 2
    assert "did you mean 'settling_s'" in line_of(lines, "laser:")


def test_what_keeps_an_instrument_from_its_work_is_told(lab, checked):
    lab.servers["laser"].instrument.open_interlock()
    code, lines = checked()
    assert code == 3
    assert line_of(lines, "laser:") == "laser: its interlock is open; close it."


def test_limits_of_the_file_stand_beside_those_of_the_instrument(checked):
    _, lines = checked(laser={"parameters": {"power": {"limits": [0.0, 1e-3]}}})
    assert "this file: power 0 to 0.001" in "\n".join(lines)


def test_what_is_missing_is_told_and_is_no_failure(content, write, phonosync):
    del content["instruments"]["direction_switch"]
    del content["calibration"]
    code, out, _ = phonosync("check", write("rig.yaml", content))
    assert code == 0
    assert "A direction of light also needs: direction_switch." in out
    assert "magnet" in line_of(out.splitlines(), "Not in this rig:")
    assert "--efficiency" in out


def test_nothing_is_missing_where_every_role_is_played():
    entries = {role: {"type": "a.b", "address": "x"} for role in ROLES}
    rig = {"instruments": entries, "calibration": {"detection_efficiency": 0.5}}
    assert missing(RigFile.model_validate(rig)) == []
    assert exit_code([]) == 0


def test_a_program_reads_the_same_as_json(content, write, phonosync):
    content["instruments"]["laser"]["model"] = "TSL-550"
    code, out, _ = phonosync("check", write("rig.yaml", content), "--json")
    assert code == 3
    found = {entry["place"]: entry for entry in json.loads(out)["instruments"]}
    assert found["laser"]["identity"]["model"] == "TSL-570"
    assert found["laser"]["expected_model"] == "TSL-550"
    assert "expected 'TSL-550'" in found["laser"]["problems"][0]
    assert found["spectrum_analyzer"]["limits"][0]["high"] == 26.5e9


def test_an_empty_rig_is_refused(write, phonosync):
    code, _, err = phonosync("check", write("rig.yaml", {"instruments": {}}))
    assert code == 2
    assert "instruments" in err


def test_a_rig_without_a_laser_can_be_checked(content, write, capsys):
    del content["instruments"]["laser"]
    check_on_screen(write("rig.yaml", content), as_json=False)
    assert "also needs: laser." in capsys.readouterr().out
