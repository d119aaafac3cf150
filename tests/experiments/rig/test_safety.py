"""Making instruments safe that no run holds any more, as the watchdog and `phonosync safe` do."""

import socket

import pytest

from phonosync.experiments.rig.file import RigFile, load_rig
from phonosync.experiments.rig.safety import make_safe_from_outside


@pytest.fixture
def lit(lab, bench, ask):
    """Somebody has left the laser on."""
    assert ask(lab.addresses["laser"], ":POWer:STATe 1;:POWer:STATe?", "\r") == "1"
    assert bench.laser["on"]
    return bench


def test_a_laser_that_was_left_on_is_dark_afterwards(lit, rig_file):
    assert make_safe_from_outside(load_rig(rig_file)) == []
    assert not lit.laser["on"]


def test_only_what_can_do_harm_is_opened(lit, lab, rig_file):
    heard = []
    for role in ("direction_switch", "spectrum_analyzer"):
        lab.servers[role].answer = lambda instrument, message: heard.append(message) or b""
    make_safe_from_outside(load_rig(rig_file))
    assert heard == []


def test_one_that_cannot_be_reached_keeps_no_other_from_safety(lit, lab, rig_content):
    content = rig_content(lab.addresses)
    with socket.socket() as nobody:  # bound, never listening: connections are refused
        nobody.bind(("127.0.0.1", 0))
        address = f"TCPIP0::127.0.0.1::{nobody.getsockname()[1]}::SOCKET"
        content["instruments"]["microwave_source"] = {
            "type": "qcodes.instrument_drivers.Keysight.KeysightN5183B",
            "address": address,
            "init": {"visalib": "@py"},
        }
        [said] = make_safe_from_outside(RigFile.model_validate(content))
    assert said.startswith("MICROWAVE SOURCE MAY BE ON, see to it by hand: microwave_source is not")
    assert address in said
    assert not lit.laser["on"]


def test_the_command_says_what_it_has_done(lit, rig_file, phonosync):
    code, out, _ = phonosync("safe", rig_file)
    assert code == 0
    assert "safe" in out
    assert not lit.laser["on"]
