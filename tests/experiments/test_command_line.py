"""What the commands print, and that a start costs no heavy import."""

import json
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import pyvisa
from scipy.constants import c as speed_of_light
from scipy.constants import h, pi

from phonosync.analysis.statistics.interval import SIGMAS_95

ALL_COMMANDS = (
    "demo",
    "measure",
    "resume",
    "runs",
    "show",
    "export",
    "safe",
    "fit",
    "predict",
    "lab",
    "check",
    "survey",
    "design",
    "verify",
)

COMMAND = [sys.executable, "-c", "from phonosync.experiments.cli import main; main()"]


def states(output):
    return {
        (state["light"], state["field"]): state
        for state in json.loads(output)["states"]
        if state["stable"]
    }


def test_help_lists_every_command(phonosync):
    code, out, _ = phonosync("--help")
    assert code == 0
    for name in ALL_COMMANDS:
        assert f"\n  {name} " in out


@pytest.mark.parametrize("name", ALL_COMMANDS)
def test_every_command_explains_itself(phonosync, name):
    code, out, _ = phonosync(name, "--help")
    assert code == 0
    assert f"phonosync {name}" in out


@pytest.mark.parametrize("name", ["", *ALL_COMMANDS])
def test_no_help_is_cut_or_too_wide_at_80_columns(phonosync, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = phonosync(*([name] if name else []), "--help")
    assert "…" not in out
    assert not re.search(r"\w\.\.\.\s*$", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) <= 80


def test_the_command_line_starts_without_heavy_libraries():
    code = (
        "import sys, json, phonosync.experiments.cli;"
        "heavy = ('qcodes', 'numba', 'matplotlib', 'lmfit', 'scipy', 'xarray', 'pyvisa');"
        "print(json.dumps([name for name in heavy if name in sys.modules]))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(output.stdout) == []


def test_the_ring_is_predicted_to_synchronize_in_one_direction(phonosync):
    code, out, err = phonosync("predict", "ring", "--json")
    assert (code, err) == (0, "")
    found = states(out)
    assert set(found) == {(1, 1), (-1, 1)}
    for light, detuning in ((1, 10e6), (-1, 20e6)):
        state = found[(light, 1)]
        assert set(state["occupations"]) == {"cavity", "phonon_1", "phonon_2"}
        # The mean field of a driven damped mode, but for the small optical spring.
        flux = 0.197284e-3 * 0.1 * 1550e-9 / (h * speed_of_light)
        kappa = 2 * pi * 2e6
        photons = kappa * flux / ((kappa / 2) ** 2 + (2 * pi * detuning) ** 2)
        real, imaginary = state["amplitudes"]["cavity"]
        assert real**2 + imaginary**2 == pytest.approx(photons, rel=0.05)
    assert found[(1, 1)]["S_c"] == pytest.approx(0.609, abs=0.001)
    assert found[(-1, 1)]["S_c"] == pytest.approx(0.0359, abs=0.0001)


def test_the_hybrid_is_predicted_for_four_combinations_and_singles_out_one(phonosync):
    code, out, _ = phonosync("predict", "hybrid", "--json")
    assert code == 0
    found = states(out)
    assert set(found) == {(1, 1), (1, -1), (-1, 1), (-1, -1)}
    ranking = sorted((state["S_c"] for state in found.values()), reverse=True)
    assert ranking[0] > 2.5 * ranking[1]
    assert all(0 < S_c <= 1 for S_c in ranking)


def test_the_prediction_for_people_has_the_same_numbers(phonosync):
    _, out, _ = phonosync("predict", "ring")
    for words in ("ring", "stable", "0.6094", "0.0359"):
        assert words in out


@pytest.fixture
def served_ring():
    process = subprocess.Popen(
        [*COMMAND, "lab", "ring", "--json", "--seed", "1"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process
    process.kill()
    process.communicate()


def test_the_lab_tells_its_addresses_in_one_line_and_answers_any_visa_client(served_ring):
    addresses = json.loads(served_ring.stdout.readline())
    assert set(addresses) >= {"spectrum_analyzer", "laser", "direction_switch"}
    manager = pyvisa.ResourceManager("@py")
    makers = {"spectrum_analyzer": "Keysight", "laser": "SANTEC", "direction_switch": "Polatis"}
    for role, maker in makers.items():
        end = "\r" if role == "laser" else "\n"
        instrument: Any = manager.open_resource(
            addresses[role], read_termination=end, write_termination=end, timeout=10_000
        )
        assert instrument.query("*IDN?").startswith(maker)
        instrument.close()
    manager.close()
    if sys.platform != "win32":
        served_ring.terminate()
        rest, _ = served_ring.communicate(timeout=30)
        assert (rest, served_ring.returncode) == ("", 0)


@pytest.fixture(scope="module")
def line_file(tmp_path_factory):
    """A spectrum of one Lorentzian of known frequency and width under gamma scatter."""
    random = np.random.default_rng(1)
    f = np.linspace(0.9e6, 1.1e6, 801)
    psd = 1e-12 + 4e-11 / (1 + ((f - 1e6) / 2e3) ** 2)
    psd = random.gamma(50, psd / 50)
    path = tmp_path_factory.mktemp("line") / "line.csv"
    columns = np.column_stack([f, psd])
    np.savetxt(path, columns, delimiter=",", header="frequency_hz,psd", comments="")
    return path


def test_a_line_is_fitted_from_a_csv_file(phonosync, line_file, tmp_path):
    code, out, _ = phonosync("fit", line_file, "--averages", 50, "--json", "--out", tmp_path)
    assert code == 0
    [mode] = json.loads(out)["modes"]
    for name, truth in (("frequency_hz", 1e6), ("linewidth_hz", 4e3)):
        sigma = (mode[name]["high"] - mode[name]["low"]) / (2 * SIGMAS_95)
        assert abs(mode[name]["value"] - truth) < 4 * sigma
    assert (tmp_path / "line.fit.png").exists()


def test_a_run_is_measured_and_fitted_with_two_commands(
    phonosync, plan_file, rig_file, bench, tmp_path
):
    """Over the wire; that the bench's flat spectra show no phonon the report says in words."""
    out = tmp_path / "results"
    words = ("measure", plan_file, "--rig", rig_file, "--seed", 3, "--out", out)
    code, _, err = phonosync(*words)
    assert code == 0
    assert re.search(rf"{re.escape(str(out / 'data.nc'))} \(run [0-9a-f]{{6}}, seed 3\)", err)
    assert not bench.laser["on"]
    code, said, _ = phonosync("fit", out / "data.nc")
    assert code == 0
    assert "no two phonon lines stand out" in said
    assert (out / "report.html").exists()
