"""Whatever is wrong with an input: one line that says what to do, exit code 2, no traceback."""

import socket
import subprocess
import sys
from importlib import resources

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.schema import RUN_SCHEMA


@pytest.fixture
def refused(phonosync):
    """Run a command that must be refused; its one line."""

    def run(*words):
        code, out, err = phonosync(*words)
        assert (code, out) == (2, "")
        [line] = [line for line in err.splitlines() if line.startswith("phonosync: ")]
        assert err.endswith(line + "\n")  # the last word, whatever was said before
        assert "Traceback" not in err
        return line

    return run


@pytest.fixture
def ring_text():
    path = resources.files("phonosync.theory") / "devices" / "ring.yaml"
    return path.read_text(encoding="utf-8")


def test_a_misspelt_key_of_a_device_is_met_with_the_right_one(refused, tmp_path, ring_text):
    path = tmp_path / "device.yaml"
    path.write_text(ring_text.replace("linewidth", "linewdith", 1), encoding="utf-8")
    line = refused("predict", path)
    assert "unknown key 'modes.cavity.linewdith'; did you mean 'linewidth'?" in line


def test_a_plan_with_its_power_in_seconds_is_told_the_unit(refused, tmp_path, plan_file):
    text = plan_file.read_text(encoding="utf-8").replace("0.197284 mW", "3 s")
    plan_file.write_text(text, encoding="utf-8")
    assert "'3 s' is not a power" in refused("measure", plan_file, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "absent.yaml"),
        ("lab", "absent.yaml"),
        ("demo", "--device", "absent.yaml"),
        ("measure", "absent.yaml"),
        ("measure", "direction_of_light", "--rig", "absent.yaml"),
        ("fit", "absent.nc"),
        ("fit", "absent.csv"),
    ],
)
def test_a_missing_file_is_named(refused, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    assert "absent" in refused(*words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("predict", "rign"), ("demo", "--device", "rign")])
def test_a_misspelt_device_is_met_with_its_name(refused, words):
    assert "did you mean 'ring'?" in refused(*words)


def test_text_among_the_numbers_is_found_by_its_line(refused, tmp_path):
    rows = [f"{1e6 + 100 * i},{1e-12}" for i in range(100)]
    rows[41] = "1004100,broken"
    path = tmp_path / "spectrum.csv"
    path.write_text("frequency_hz,psd\n" + "\n".join(rows) + "\n", encoding="utf-8")
    line = refused("fit", path, "--averages", 10, "--out", tmp_path)
    assert "43" in line
    assert "broken" in line


def test_an_instrument_that_is_not_there_is_named_with_its_address(
    refused, lab, write, rig_content, plan_file, tmp_path
):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"TCPIP0::127.0.0.1::{nobody.getsockname()[1]}::SOCKET"
        rig = write("rig.yaml", rig_content({**lab.addresses, "direction_switch": address}))
        line = refused("measure", plan_file, "--rig", rig, "--out", tmp_path / "out")
    assert f"direction_switch is not there: {address}" in line
    assert not (tmp_path / "out").exists()


def test_a_demo_of_the_hybrid_says_what_to_use_instead(refused, tmp_path):
    line = refused("demo", "--device", "hybrid", "--out", tmp_path / "out")
    assert "cannot be fitted" in line
    assert "phonosync predict" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"not a netCDF file", b"\x89HDF\r\n\x1a\n cut off"])
def test_a_run_that_is_no_netcdf_is_said_to_be_none(refused, tmp_path, content):
    path = tmp_path / "data.nc"
    path.write_bytes(content)
    assert str(path) in refused("fit", path)


def test_a_run_without_its_reference_is_said_to_have_ended_early(refused, tmp_path):
    path = tmp_path / "data.nc"
    dims = ("light", "field", "branch", "repeat", "frequency")
    data = xr.Dataset(
        {"psd": (dims, np.ones((2, 1, 1, 1, 8)), {"units": "W/Hz"})},
        attrs={"schema": RUN_SCHEMA},
    )
    data.to_netcdf(path, engine="h5netcdf")
    assert "no 'shot_noise_psd'" in refused("fit", path)


def test_a_second_run_into_the_same_folder_is_refused(refused, plan_file, rig_file, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "data.nc").write_bytes(b"a run")
    line = refused("measure", plan_file, "--rig", rig_file, "--out", out)
    assert "holds a run already; give another folder with --out" in line
    assert (out / "data.nc").read_bytes() == b"a run"


def test_a_file_in_the_place_of_the_results_folder_is_refused(
    refused, plan_file, rig_file, tmp_path
):
    (tmp_path / "out").write_text("here already", encoding="utf-8")
    line = refused("measure", plan_file, "--rig", rig_file, "--out", tmp_path / "out")
    assert "give another folder with --out" in line


def test_an_unknown_option_is_refused_without_a_traceback(phonosync):
    code, _, err = phonosync("predict", "ring", "--jsno")
    assert code == 2
    assert "--jsno" in err
    assert "Traceback" not in err


def test_a_process_of_its_own_says_the_same(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from phonosync.experiments.cli import main; main()",
            "predict",
            str(tmp_path / "absent.yaml"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("phonosync: no device file at ")
    assert done.stderr.count("\n") == 1
