"""`phonosync lab`: which instruments a device gets, what is printed, and what is refused."""

import json
from dataclasses import astuple, fields
from importlib.resources import files

import numpy as np
import pytest
from ruamel.yaml import YAML

from phonosync.experiments.cli import lab as lab_command
from phonosync.experiments.rig.file import ROLES, load_rig
from phonosync.experiments.screens import lab as lab_screen
from phonosync.instruments.virtual.bench.clock import RealClock
from phonosync.instruments.virtual.catalogue import MODELS
from phonosync.instruments.virtual.lab import VirtualLab
from phonosync.theory.device import shipped_devices

WITHOUT_PHONON = "huang_resonator"


@pytest.fixture
def served(phonosync, monkeypatch):
    """Serve a device, end at once: exit code, standard output, standard error, the labs."""
    labs = []
    start = VirtualLab.start

    def remembered(lab):
        labs.append(lab)
        return start(lab)

    monkeypatch.setattr(VirtualLab, "start", remembered)
    monkeypatch.setattr(lab_screen, "wait_for_the_end", lambda stop: None)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *words: (*phonosync("lab", *words), labs)


def test_every_role_can_be_chosen_on_the_command_line():
    names = set(lab_command.__annotations__)
    assert set(ROLES) <= names
    assert set(MODELS) == set(ROLES)


def test_the_screen_shows_addresses_and_a_station_file_that_loads(served, tmp_path):
    code, out, err, [lab] = served("ring", "--seed", 1)
    assert (code, err) == (0, "")
    table, _, rest = out.partition("Station file")
    for role, server in lab.servers.items():
        assert f"│ {role} " in table
        assert f"127.0.0.1::{server._server.server_address[1]}::SOCKET" in table
    text = rest.partition("\n\n")[2].rpartition("Serving")[0]
    path = tmp_path / "rig.yaml"
    path.write_text(text)
    rig = load_rig(path)
    assert set(rig.instruments) == set(lab.models)
    assert rig.instruments["laser"].model == "TSL-570"
    assert rig.calibration.detection_efficiency == 0.7


def test_a_rig_file_is_written_for_the_other_commands(served, tmp_path):
    path = tmp_path / "rig.yaml"
    code, out, _, [lab] = served("hybrid", "--seed", 1, "--rig", path, "--magnet", "ami4303d")
    assert code == 0
    assert f"phonosync check {path}" in out.replace("\n", "")
    magnet = YAML(typ="safe").load(path)["instruments"]["magnet"]
    assert magnet["init"]["address_y"].startswith("TCPIP0::127.0.0.1::")
    assert magnet["model"] == "MODEL 430"
    assert lab.models["magnet"] == "ami4303d"
    virtual = load_rig(path).virtual
    assert virtual is not None
    assert virtual.device == "hybrid"
    assert virtual.control == YAML(typ="safe").load(path)["virtual"]["control"]


def test_models_are_chosen_and_left_out_by_role(served):
    words = ("--laser", "n7776c", "--thermometer", "none", "--json")
    code, out, _, [lab] = served("ring", "--seed", 1, *words)
    assert code == 0
    addresses = json.loads(out)
    assert lab.models["laser"] == "n7776c"
    assert "thermometer" not in addresses
    assert list(addresses) == list(lab.servers)


def test_a_microwave_source_is_served_for_a_calibration_tone_when_it_is_asked_for(served):
    _, out, _, _ = served("ring", "--seed", 1, "--json")
    assert "microwave_source" not in json.loads(out)
    _, out, _, [_, lab] = served("ring", "--seed", 1, "--microwave-source", "n5183b", "--json")
    assert lab.models["microwave_source"] == "n5183b"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ring", "--laser", "iphone"), "'iphone' is no model of the virtual laser"),
        (("ring", "--magnet", "kepco"), "ring has nothing for a magnet to act on"),
        (("rign",), "did you mean 'ring'"),
    ],
)
def test_what_cannot_be_served_is_refused_in_one_line(served, words, said):
    code, out, err, _ = served(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_faults_are_announced_and_strike(served):
    _, out, _, [lab] = served("ring", "--seed", 1, "--faults", 7)
    assert "Faults strike one message in 100 (seed 7)." in out
    server = lab.servers["laser"]
    spoiled = 0
    for _ in range(400):
        try:
            reply = server.answer(server.instrument, "*IDN?")
        except ConnectionError:
            reply = None
        spoiled += reply != b"SANTEC,TSL-570,21020001,0001.000.0001\r"
    assert 0 < spoiled < 40


# The bench


def test_the_power_at_the_device_drifts_by_what_was_asked_for(served):
    words = ("--imperfection", "power_drift=3 %/h", "--pause", "1 h", "--magnet", "none")
    code, out, err, [lab] = served("ring", "--seed", 1, *words)
    assert (code, err) == (0, "")
    assert "The bench has imperfections: power_drift 3 %/h." in out
    assert "After every acquisition 1 h of the lab's time pass." in out
    bench = lab._bench
    bench.set_laser(power_w=1e-3, wavelength_m=1550e-9, on=True)
    assert bench.monitor_power_w == pytest.approx(1e-3, rel=1e-12)
    bench.periodograms(np.linspace(9.9e6, 10.1e6, 11), 20e3, 1, "gaussian")
    assert bench.monitor_power_w == pytest.approx(1.03e-3, rel=1e-6)


def test_every_imperfection_of_the_bench_can_be_chosen_with_its_unit(served):
    entries = {
        "power_drift": ("-6 %/h", -0.06),
        "power_walk": ("1 %/h^0.5", 0.01),
        "laser_drift": ("2 MHz/h", 2e6),
        "laser_walk": ("300 kHz/h^0.5", 300e3),
        "phonon_drift": ("-1 mHz/s", -3.6),
        "remanence": ("0.2 %", 0.002),
        "backscattering": ("20 kHz", 20e3),
        "imprecision": (0.5, 0.5),
    }
    words = [w for name, (text, _) in entries.items() for w in ("--imperfection", f"{name}={text}")]
    _, out, _, [lab] = served("ring", "--seed", 1, *words)
    given = lab._bench.imperfections
    assert astuple(given) == pytest.approx([value for _, value in entries.values()])
    assert len(entries) == len(fields(given))
    assert "laser_walk 300 kHz/h^0.5" in " ".join(out.split())


def test_the_clock_can_be_real(served):
    _, out, _, [lab] = served("ring", "--seed", 1, "--clock", "real")
    assert "The clock is real" in out
    assert isinstance(lab._bench._clock, RealClock)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--imperfection", "power_drift=3"), "3.0 has no unit; write for example '3 %/h'"),
        (("--imperfection", "power_drift=3 m"), "is not a relative drift (its unit is of length)"),
        (("--imperfection", "laser_drift=1 rad/s/h"), "is an angular frequency"),
        (("--imperfection", "pwoer_drift=3 %/h"), "did you mean 'power_drift'?"),
        (("--imperfection", "backscattering"), "'backscattering' gives no value"),
        (("--imperfection", "remanence=1"), "less than 1, found 1.0"),
        (("--imperfection", "imprecision=-1"), "greater than or equal to 0"),
        (("--clock", "fast"), "choose accelerated or real"),
        (("--pause", "3"), "--pause: '3' has no unit"),
        (("--pause", "-3 s"), "give a time that passes"),
        (("--pause", "3 s", "--clock", "real"), "--pause is for the accelerated clock"),
    ],
)
def test_a_bench_that_cannot_be_is_refused_in_one_line(served, words, said):
    code, out, err, labs = served("ring", *words)
    assert (code, out, labs) == (2, "", [])
    assert said in err
    assert err.count("\n") == 1


# Devices


@pytest.mark.parametrize("device", [name for name in shipped_devices() if name != WITHOUT_PHONON])
def test_every_shipped_device_with_a_phonon_stands_in_the_lab(served, device, tmp_path):
    code, out, err, [lab] = served(device, "--seed", 1, "--rig", tmp_path / "rig.yaml")
    assert (code, err) == (0, "")
    assert f"Virtual lab: {device}" in out
    assert set(load_rig(tmp_path / "rig.yaml", needs=()).instruments) == set(lab.models)


def test_a_device_without_a_phonon_has_nothing_to_be_measured(served):
    code, out, err, labs = served(WITHOUT_PHONON)
    assert (code, out, labs) == (2, "", [])
    assert "it has no phonon, whose noise is what is measured there" in err


def test_a_device_without_detection_is_met_with_the_line_that_its_file_needs(served, tmp_path):
    path = tmp_path / "mine.yaml"
    text = (files("phonosync.theory.devices") / "ring.yaml").read_text()
    detection = next(line for line in text.splitlines() if line.startswith("detection"))
    path.write_text(text.replace(detection, ""))
    code, _, err, _ = served(path)
    assert code == 2
    advice = err.split("'")[1]
    path.write_text(text.replace(detection, advice))  # the advice holds
    assert served(path, "--seed", 1)[0] == 0
