"""Surveys and searches from the command line: files, resume, one line for what is wrong."""

import json
from multiprocessing import active_children

import numpy as np
import pytest
import xarray as xr

from phonosync.experiments.survey import run as survey_run
from phonosync.experiments.survey.run import run_survey
from phonosync.experiments.survey.store import ChunkFolder
from phonosync.theory import InputError, PhonosyncError, load_device
from phonosync.theory.device.parts import Disorder
from phonosync.theory.prediction import predict
from phonosync.theory.survey import compute
from phonosync.theory.survey.dataset import assemble
from phonosync.theory.survey.plan import Survey


@pytest.fixture
def refused(phonosync, tmp_path, monkeypatch):
    """Run a command that must be refused and leave nothing behind; its one line."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        before = sorted(tmp_path.rglob("*"))
        code, out, err = phonosync(*words)
        assert (code, out) == (2, "")
        assert "Traceback" not in err
        [line] = [line for line in err.splitlines() if line.startswith("phonosync: ")]
        assert err.endswith(line + "\n")
        assert sorted(tmp_path.rglob("*")) == before
        return line

    return run


@pytest.fixture
def interrupted(phonosync, monkeypatch):
    """Run a command that is interrupted after some chunks."""

    def run(chunks, *words):
        def stop(done):
            if done == chunks:
                raise KeyboardInterrupt

        def some(plan, store, **options):
            compute(plan, store, **{**options, "watch": stop})

        with monkeypatch.context() as patch:
            patch.setattr(survey_run, "compute", some)
            return phonosync(*words)

    return run


def test_a_map_is_written_drawn_and_summed_up(phonosync, tmp_path):
    path = tmp_path / "map.nc"
    vary = ("--vary", "drive.power=0.05..0.4 mW:8", "--vary", "sagnac.shift=-5,0 MHz")
    code, out, _ = phonosync("survey", "ring", *vary, "--measure", "E_N", "--out", path, "--json")
    assert code == 0
    said = json.loads(out)
    assert said["file"] == str(path)
    with xr.open_dataset(path) as data:
        assert data["S_c"].dims == ("drive.power", "sagnac.shift", "light")
        assert "name: ring" in data.attrs["device_file"]
        best = {(r["largest"], r["for"]): r for r in said["rows"]}
        top = best["S_c", "light +1 (clockwise)"]
        assert top["value"] == float(data["S_c"].sel(light=1).max())
        place = {"drive.power": top["drive.power (W)"], "sagnac.shift": top["sagnac.shift (Hz)"]}
        assert float(data["S_c"].sel(light=1, **place)) == top["value"]
        assert best["contrast_light", None]["value"] == float(data["contrast_light"].max())
    assert (tmp_path / "map.png").stat().st_size > 10_000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["map.nc", "map.png"]


def test_imperfect_devices_are_told_with_and_without_kerr(phonosync, tmp_path):
    path = tmp_path / "hybrid.nc"
    words = ("--devices", 120, "--spread", "linewidth=3%", "--seed", 4, "--out", path)
    code, out, _ = phonosync("survey", "hybrid", *words, "--json")
    assert code == 0
    rows = {(r["Kerr"], r["directions"]): r for r in json.loads(out)["rows"]}
    assert set(kerr for kerr, _ in rows) == {"as given", "none"}
    with xr.open_dataset(path) as data:
        disorder = json.loads(data.attrs["disorder"])
        assert (disorder["linewidth"], disorder["frequency"]) == (0.03, 0.001)  # the rest: the file
        row = rows["as given", "light ±1, field +1"]
        some = data.sel(kerr="as given", field=1)
        assert row["one way"][1] == float(some["one_way_light"])
        assert row["S_c +1"][1] == float(np.nanmedian(some["S_c"].sel(light=1)))
        assert row["oscillate"] == int(some["oscillating"].any("light").sum())


def test_the_table_for_people_has_the_same_numbers(phonosync, tmp_path):
    path = tmp_path / "ring.nc"
    code, out, _ = phonosync("survey", "ring", "--devices", 50, "--out", path)
    assert code == 0
    with xr.open_dataset(path) as data:
        assert f"{float(data['S_c'].sel(light=1).median()):.3f}" in out
        assert f"{float(data['one_way_light']):.3f}" in out
    assert "One way: S_c >= 0.3333" in out


def test_an_interrupted_survey_goes_on_where_it_stopped(phonosync, interrupted, tmp_path):
    words = ("survey", "ring", "--devices", 1200, "--processes", 1)
    path, whole = tmp_path / "a.nc", tmp_path / "b.nc"
    code, _, err = interrupted(2, *words, "--out", path)
    assert code == 130
    assert "2 of 4 parts are kept" in err
    assert not path.exists()
    code, _, err = phonosync(*words, "--out", path)
    assert code == 0
    assert "2 of 4 parts done before" in err
    assert phonosync(*words, "--out", whole)[0] == 0
    with xr.open_dataset(path) as data, xr.open_dataset(whole) as expected:
        xr.testing.assert_identical(data, expected)
    assert not path.with_suffix(".parts").exists()


def test_the_parts_of_one_survey_are_not_taken_for_another(interrupted, refused, tmp_path):
    words = ("survey", "ring", "--devices", 600, "--out", tmp_path / "a.nc", "--processes", 1)
    interrupted(1, *words)
    line = refused(*words, "--seed", 1)
    assert "it differs in seed (0 there, 1 now)" in line


def test_an_interruption_before_the_first_part_leaves_nothing(interrupted, tmp_path):
    words = ("survey", "ring", "--devices", 600, "--out", tmp_path / "a.nc", "--processes", 1)
    assert interrupted(0, *words)[0] == 130
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_part_is_named(interrupted, phonosync, tmp_path):
    words = ("survey", "ring", "--devices", 600, "--out", tmp_path / "a.nc", "--processes", 1)
    interrupted(1, *words)
    [part] = (tmp_path / "a.parts").glob("chunk-*.npz")
    part.write_bytes(part.read_bytes()[:50])
    code, _, err = phonosync(*words)
    assert code == 2
    assert f"{part} is damaged" in err
    part.unlink()
    assert phonosync(*words)[0] == 0


def test_a_finished_survey_is_not_overwritten(refused, tmp_path):
    (tmp_path / "a.nc").write_bytes(b"a survey")
    line = refused("survey", "ring", "--devices", 5, "--out", tmp_path / "a.nc")
    assert "give another file with --out" in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing to survey"),
        (("--vary", "drive.powr=1..2 mW:3"), "did you mean 'power'"),
        (("--vary", "drive.power=1..2 mW"), "no number of points"),
        (("--vary", "drive.power=1..2 mW:0"), "empty"),
        (("--vary", "drive.power=nan..2 mW:3"), "not a power"),
        (("--vary", "drive.power=1..2 s:3"), "not a power"),
        (("--vary", "drive.power=1 mW", "--measure", "S_q"), "no measure is called 'S_q'"),
        (("--vary", "modes.cavity.detuning=-3,-2 MHz"), "no stable steady state anywhere"),
        (("--vary", "drive.power=1 mW", "--out", "map.png"), "end it with .nc"),
        (("--vary", "drive.power=1 mW", "--spread", "linewidth=5%"), "say how many: --devices"),
        (("--devices", 5, "--spread", "linewdith=5%"), "did you mean 'linewidth'"),
        (("--devices", 5, "--spread", "linewidth=nan"), "linewidth"),
        (("--devices", 5, "--spread", "linewidth"), "gives no value"),
        (("--devices", 5, "--spread", "linewidth=-5%"), "linewidth"),
        (("--devices", 5, "--backscattering", "20 kHz"), "counter_mode"),
        (("--devices", 5, "--backscattering", "20"), "has no unit"),
        (("--devices", 5, "--temperature", "10..300:5"), "has no unit"),
        (("--devices", 5, "--synchronized", 2), "between 0 and 1"),
        (("--devices", 5, "--synchronized", "nan"), "between 0 and 1"),
        (("--devices", 5, "--branch", "uper"), "did you mean 'upper'"),
        (("--devices", 5, "--pair", "phonon_1"), "two names with a comma"),
        (("--devices", 5, "--scheduler", "nowhere"), "no Dask scheduler at 'nowhere'"),
    ],
)
def test_a_wrong_survey_is_refused_in_one_line(refused, words, said):
    assert said in refused("survey", "ring", *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing may change"),
        (("--free", "drive.power=2..1 mW"), "empty"),
        (("--free", "drive.pwer=1..2 mW"), "did you mean 'power'"),
        (("--free", "drive.power=1..2 mW", "--objective", "S"), "no objective"),
        (("--free", "drive.power=1..2 mW", "--require", "S_c"), "no requirement"),
        (("--free", "drive.power=1..2 mW", "--out", "ring.txt"), "end it with .yaml"),
        (("--free", "modes.cavity.detuning=-3..-2 MHz", "--generations", 1), "stable steady"),
        (("--free", "drive.power=1..2 mW", "--out", "absent/ring.yaml"), "no folder absent"),
    ],
)
def test_a_wrong_search_is_refused_in_one_line(refused, words, said):
    assert said in refused("design", "ring", *words)


def test_a_designed_device_is_a_device_file_that_keeps_its_comments(phonosync, tmp_path):
    path = tmp_path / "better.yaml"
    free = ("--free", "modes.cavity.detuning=12..18 MHz", "--free", "temperature=10..20 mK")
    code, out, _ = phonosync("design", "ring", *free, "--generations", 8, "--out", path, "--json")
    assert code == 0
    said = json.loads(out)
    device = load_device(path)
    assert device.name == "better"
    assert device.modes["cavity"].detuning == said["values"]["modes.cavity.detuning"]
    assert device.temperature == said["values"]["temperature"]
    S = {p.light: p.S_c for p in predict(device) if p.stable}
    for row in said["after"]["directions"]:
        assert row["S_c"] == pytest.approx(S[row["light"]], rel=1e-9)
    assert said["after"]["value"] > said["before"]["value"]
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Found by phonosync design from ring, seed 0:\n")
    assert "# The shift is added to the detuning for light = +1" in text
    assert phonosync("design", "ring", *free, "--out", path)[0] == 2


def test_a_search_that_cannot_improve_says_before_and_after(phonosync, tmp_path):
    words = ("--free", "drive.power=0.19..0.2 mW", "--generations", 2)
    code, out, _ = phonosync("design", "ring", *words, "--out", tmp_path / "x.yaml")
    assert code == 0
    for said in ("before", "after", "S_c, light +1", "0.6094", "difference", "devices tried"):
        assert said in out


@pytest.fixture(scope="module")
def plan():
    return Survey(load_device("ring"), devices=1600, disorder=Disorder(linewidth=0.05))


@pytest.fixture(scope="module")
def here(plan):
    store = {}
    compute(plan, store)
    return assemble(plan, store)


def test_processes_give_the_same_bits_also_when_one_is_lost(plan, here):
    store, seen = {}, []

    def watch(done):
        if done == 1 and 1 not in seen:
            active_children()[0].kill()
        seen.append(done)

    run_survey(plan, store, processes=2, watch=watch)
    xr.testing.assert_identical(assemble(plan, store), here)
    assert (seen[0], seen[-1], max(seen)) == (0, 5, 5)


def test_a_folder_gives_back_what_it_was_given(plan, here, tmp_path):
    store = ChunkFolder(tmp_path / "parts", plan.identity())
    run_survey(plan, store, processes=1)
    assert len(store) == 5
    again = ChunkFolder(tmp_path / "parts", plan.identity())
    xr.testing.assert_identical(assemble(plan, again), here)
    with pytest.raises(InputError, match="holds something else"):
        ChunkFolder(tmp_path, plan.identity())


def test_processes_that_are_lost_again_and_again_end_in_words(plan, monkeypatch):
    from concurrent.futures.process import BrokenProcessPool

    def lost(*_, **__):
        raise BrokenProcessPool

    monkeypatch.setattr(survey_run, "compute", lost)
    monkeypatch.setattr(survey_run, "_pool", lambda workers: survey_run._silence("nothing"))
    with pytest.raises(PhonosyncError, match="--processes 1"):
        run_survey(plan, {}, processes=2)
