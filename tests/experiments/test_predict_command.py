"""What `phonosync predict` says of every kind of device, and which figures it writes."""

import json

import pytest
from PIL import Image

from phonosync.theory.device.text import device_text

ANY_STATE = {"light", "field", "stable", "amplitudes", "occupations", "S_c", "S_p", "E_N"}


def predicted(phonosync, *words):
    code, out, err = phonosync("predict", *words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.parametrize("name", ["huang_resonator", "gupta_kerr", "mari_cells", "yig_pair"])
def test_every_device_is_predicted_with_the_same_keys(phonosync, name):
    document = predicted(phonosync, name)
    assert document["device"] == name
    assert document["states"]
    for state in document["states"]:
        assert set(state) >= ANY_STATE
        assert state["stable"] == (state["growth"] < 0)
    assert all(
        direction["motion"] in ("oscillating", "not oscillating")
        for direction in document["directions"]
    )


def test_a_device_without_phonons_has_no_pair_and_no_synchronization(phonosync):
    document = predicted(phonosync, "huang_resonator")
    assert document["pair"] is None
    assert all(state["S_c"] is None for state in document["states"])
    code, out, _ = phonosync("predict", "huang_resonator")
    assert code == 0
    assert "huang_resonator has no phonons; synchronization is of two." in out


def test_entanglement_of_every_pair_is_told_by_name(phonosync):
    [state] = [s for s in predicted(phonosync, "li_magnomechanics")["states"] if s["stable"]]
    found = {tuple(entry["modes"]): entry["E_N"] for entry in state["entanglement"]}
    assert found["cavity", "magnon"] == pytest.approx(0.1619, abs=1e-3)
    _, out, _ = phonosync("predict", "li_magnomechanics")
    assert "E_N of magnon and phonon: 0.1407" in out


def test_a_device_above_threshold_oscillates_and_says_how(phonosync):
    document = predicted(phonosync, "mari_cells")
    assert [d["motion"] for d in document["directions"]] == ["oscillating"]
    [motion] = document["oscillations"]
    assert motion["kind"] == "limit cycle"
    assert motion["S_c"] == pytest.approx(0.2824, abs=1e-3)
    assert motion["period_s"] * motion["frequency_hz"] == pytest.approx(1)
    assert set(motion["excursions"]) == {"cavity_1", "phonon_1", "cavity_2", "phonon_2"}
    _, out, _ = phonosync("predict", "mari_cells")
    text = " ".join(out.split())
    assert "oscillates, no steady state is stable. Limit cycle of 973.4 kHz" in text
    assert "phonon_1 343.3, phonon_2 343.3" in text


def test_phonons_at_rest_are_not_oscillating_and_never_unsynchronized(phonosync):
    document = predicted(phonosync, "ring")
    assert {d["motion"] for d in document["directions"]} == {"not oscillating"}
    assert document["oscillations"] == []
    _, out, _ = phonosync("predict", "ring")
    assert "they are not oscillating" in " ".join(out.split())
    assert "unsynchronized" not in out


def test_the_pair_is_chosen_by_name(phonosync):
    assert predicted(phonosync, "ring", "--pair", "phonon_2, phonon_1")["pair"] == [
        "phonon_2",
        "phonon_1",
    ]
    for pair, words in (
        ("phonon_1", "two names with a comma"),
        ("phonon_1,cavity", "not a phonon"),
    ):
        code, _, err = phonosync("predict", "ring", "--pair", pair)
        assert code == 2
        [line] = err.splitlines()
        assert words in line


def test_figures_are_written_where_they_are_wanted_and_their_paths_told(phonosync, tmp_path):
    folder, device = tmp_path / "figures", tmp_path / "undetected.yaml"
    lines = device_text("gupta_kerr").splitlines(keepends=True)
    device.write_text("".join(line for line in lines if not line.startswith("detection")))
    document = predicted(phonosync, device, "--plot", "--out", folder)
    assert set(document["figures"]) == {"levels", "transmission", "phase_space"}
    assert sorted(folder.iterdir()) == sorted(
        folder / f"gupta_kerr.{n}.png" for n in document["figures"]
    )
    for path in document["figures"].values():
        with Image.open(path) as picture:
            assert min(picture.size) > 400
    assert any("has no detection port" in sentence for sentence in document["not_drawn"])


def test_without_a_folder_figures_go_where_the_command_runs(phonosync, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = phonosync("predict", "huang_resonator", "--plot")
    assert code == 0
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == [f"huang_resonator.{n}.png" for n in ("levels", "noise", "transmission")]
    for name in written:
        assert f"Figure: {name}" in out
    assert "No figure synchronization_map: huang_resonator has not two phonons" in out


def test_without_plot_nothing_is_written(phonosync, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    phonosync("predict", "ring")
    assert list(tmp_path.iterdir()) == []
