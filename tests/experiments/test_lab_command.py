"""`phonosync lab`: which instruments a device gets, what is printed, and what is refused."""

import json

import pytest
from ruamel.yaml import YAML

from phonosync.experiments.cli import lab as lab_command
from phonosync.experiments.rig.file import ROLES, load_rig
from phonosync.experiments.screens import lab as lab_screen
from phonosync.instruments.virtual.catalogue import MODELS
from phonosync.instruments.virtual.lab import VirtualLab


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
    load_rig(path)


def test_models_are_chosen_and_left_out_by_role(served):
    words = ("--laser", "n7776c", "--thermometer", "none", "--json")
    code, out, _, [lab] = served("ring", "--seed", 1, *words)
    assert code == 0
    addresses = json.loads(out)
    assert lab.models["laser"] == "n7776c"
    assert "thermometer" not in addresses
    assert list(addresses) == list(lab.servers)


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
