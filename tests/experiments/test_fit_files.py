"""`phonosync fit` of measured files: what it prints, and one line for whatever is wrong."""

import json
import pickle

import numpy as np
import pytest
from PIL import Image

from phonosync.analysis.lines.shape import oscillator_line

F = np.arange(1000.0, 2000.0)
PSD = np.random.default_rng(1).gamma(
    20, (1 + oscillator_line(F, 1500, 20, 30 * 20 * np.pi / 2)) / 20
)


@pytest.fixture
def refused(phonosync):
    """Fit a file that must be refused; its one line."""

    def run(path, *words):
        code, out, err = phonosync("fit", path, "--out", path.parent / "out", *words)
        assert (code, out) == (2, "")
        [line] = err.splitlines()
        assert line.startswith("phonosync: ")
        return line

    return run


def save(path, frequency=F, psd=PSD, header="frequency_hz,psd"):
    rows = "\n".join(f"{f},{p}" for f, p in zip(frequency, psd, strict=True))
    path.write_text(f"{header}\n{rows}\n", encoding="utf-8")
    return path


def test_a_spectrum_is_fitted_and_what_was_assumed_is_said(phonosync, tmp_path):
    path = save(tmp_path / "a.csv")
    code, out, _ = phonosync("fit", path, "--averages", 20, "--json", "--out", tmp_path)
    assert code == 0
    document = json.loads(out)
    (mode,) = document["modes"]
    assert mode["linewidth_hz"]["low"] < 20 < mode["linewidth_hz"]["high"]
    assert abs(document["deviance_z"]) < 4
    assert "one-sided" in document["assumed"]
    assert (tmp_path / "a.fit.png").exists()
    code, out, _ = phonosync("fit", path, "--averages", 20, "--out", tmp_path)
    assert "Misfit: deviance" in out
    assert "Assumed" in out


def test_the_interval_and_the_format_of_the_figure_can_be_chosen(phonosync, tmp_path):
    path = save(tmp_path / "a.csv")
    widths = {}
    for method in ("curvature", "profile"):
        words = ("--averages", 20, "--json", "--out", tmp_path, "--figures", "pdf,svg")
        code, out, _ = phonosync("fit", path, *words, "--interval", method)
        assert code == 0
        [mode] = json.loads(out)["modes"]
        widths[method] = mode["linewidth_hz"]["high"] - mode["linewidth_hz"]["low"]
    assert widths["profile"] == pytest.approx(widths["curvature"], rel=0.15)
    assert widths["profile"] != widths["curvature"]
    assert sorted(p.name for p in tmp_path.glob("a.fit.*")) == ["a.fit.pdf", "a.fit.svg"]


def test_a_resonances_intervals_can_be_chosen(phonosync, tmp_path):
    f = np.linspace(5.99e9, 6.01e9, 201)
    e = 1e-2 * np.random.default_rng(4).standard_normal((201, 2)) @ [1, 1j]
    S = 1 - 0.4 / (1 + 2j * (f - 6e9) / 2e6) + e
    rows = [f"{x:.3f} {s.real:.9f} {s.imag:.9f}" for x, s in zip(f, S, strict=True)]
    path = tmp_path / "notch.s1p"
    path.write_text("\n".join(["# Hz S RI R 50", *rows]) + "\n", encoding="utf-8")
    found = {}
    for method in ("curvature", "profile", "bootstrap"):
        words = ("--json", "--out", tmp_path, "--interval", method)
        code, out, err = phonosync("fit", path, *words)
        assert code == 0, err
        found[method] = json.loads(out)
        assert found[method]["interval"] == method
        assert found[method]["linewidth_hz"]["low"] < 2e6 < found[method]["linewidth_hz"]["high"]
    code, out, _ = phonosync("fit", path, "--json", "--out", tmp_path)
    assert json.loads(out) == found["curvature"]
    ends = {method: one["linewidth_hz"]["low"] for method, one in found.items()}
    assert len(set(ends.values())) == 3


def test_a_png_for_print_has_more_points(phonosync, tmp_path):
    path = save(tmp_path / "a.csv")
    sizes = []
    for dpi in (100, 300):
        phonosync("fit", path, "--averages", 20, "--json", "--out", tmp_path, "--dpi", dpi)
        with Image.open(tmp_path / "a.fit.png") as image:
            sizes.append(image.size[0])
    assert sizes[1] == pytest.approx(3 * sizes[0], abs=3)


def test_a_resonance_is_fitted_from_touchstone(phonosync, tmp_path):
    f = np.linspace(5e9, 5.001e9, 200)
    s = 1 - 0.6 / (1 + 2j * (f - 5.0005e9) / 1e5)
    s = s + 1e-3 * (np.random.default_rng(2).normal(size=(200, 2)) @ [1, 1j])
    rows = "\n".join(f"{a} {b.real} {b.imag}" for a, b in zip(f, s, strict=True))
    path = tmp_path / "a.s1p"
    path.write_text(f"# Hz S RI R 50\n{rows}\n", encoding="utf-8")
    code, out, _ = phonosync("fit", path, "--json", "--out", tmp_path)
    assert code == 0
    fit = json.loads(out)
    assert fit["frequency_hz"]["low"] < 5.0005e9 < fit["frequency_hz"]["high"]
    assert fit["linewidth_hz"]["value"] == pytest.approx(1e5, rel=0.02)


@pytest.mark.parametrize(
    ("frequency", "psd", "said"),
    [
        (F, np.where(F == 1400, np.nan, PSD), "nan in column psd"),
        (F[:1], PSD[:1], "1 points|too few"),
        (F, 0 * PSD, "zero at every frequency"),
        (F, np.where(F == 1400, -1.0, PSD), "the power at 1400 Hz is -1"),
        (F, np.sqrt(PSD), "--unit Vrms"),
        (F, np.random.default_rng(3).gamma(20, 1 / 20, F.size), "no mode stands out"),
    ],
    ids=["NaN", "one bin", "all zeros", "negative", "amplitude as power", "noise"],
)
def test_numbers_that_are_no_spectrum_are_refused(refused, tmp_path, frequency, psd, said):
    line = refused(save(tmp_path / "a.csv", frequency, psd), "--averages", 20)
    assert any(part in line for part in said.split("|"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--averages"),
        (("--averages", 20, "--unit", "furlong"), "'furlong' does not say"),
        (("--averages", 20, "--unit", "dBm"), "--averaging power or --averaging log"),
        (("--averages", 20, "--detector", "peak"), "peak detector"),
        (("--averages", 20, "--band", "1 kHz"), "'140 kHz..160 kHz'"),
        (("--averages", 20, "--window", "hannn"), "'hannn' is not known"),
        (("--averages", 20, "--interval", "bayes"), "choose among curvature, profile, bootstrap"),
        (("--averages", 20, "--figures", "jpg"), "choose among png, pdf, svg"),
        (("--averages", 20, "--dpi", 9000), "say 50 to 1200"),
    ],
)
def test_what_is_missing_or_wrong_in_the_words_is_named(refused, tmp_path, words, said):
    assert said in refused(save(tmp_path / "a.csv"), *words)


def test_ten_million_bins_are_refused_before_they_cost_anything(refused, tmp_path):
    path = tmp_path / "a.npy"
    np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(10_000_000,)).flush()
    path.with_name("a.npy.meta.yaml").write_text(
        "kind: spectrum\naverages: 10\nunit: V^2/Hz\nfrequency_step: 1 Hz\n", encoding="utf-8"
    )
    line = refused(path)
    assert "10000000 points" in line
    assert "--band '140 kHz..160 kHz'" in line


class Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('a pickle ran')",))


@pytest.mark.parametrize("disguise", ["bare", "object array", "archive", "old protocol"])
def test_a_pickle_in_whatever_disguise_is_never_run(refused, tmp_path, disguise):
    path = tmp_path / ("a.npz" if disguise == "archive" else "a.npy")
    if disguise == "bare":
        path.write_bytes(pickle.dumps(Bomb()))
    elif disguise == "old protocol":
        path.write_bytes(pickle.dumps(Bomb(), protocol=0))
    elif disguise == "object array":
        np.save(path, np.array([Bomb(), 1.0], dtype=object), allow_pickle=True)
    else:
        np.savez(path, psd=np.array([Bomb(), 1.0], dtype=object))
    line = refused(path, "--averages", 20)
    assert "numpy.save" in line
    assert "ran" not in line


@pytest.mark.parametrize("kept", [4, 60, 0.5])
@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.h5", "a.s2p"])
def test_a_truncated_file_is_called_damaged(refused, tmp_path, name, kept):
    import h5py

    path = tmp_path / name
    if name == "a.npy":
        np.save(path, np.stack([F, PSD]))
    elif name == "a.npz":
        np.savez(path, frequency_hz=F, psd=PSD)
    elif name == "a.h5":
        with h5py.File(path, "w") as file:
            file["frequency_hz"], file["psd"] = F, PSD
    else:
        path.write_text("# Hz S RI R 50\n" + "1 1 0 1 0 1 0 1 0\n" * 200, encoding="utf-8")
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if kept < 1 else int(kept)])
    line = refused(path, "--averages", 20, "--kind", "spectrum")
    assert any(word in line for word in ("damaged", "complete", "too few", "begins like", "rise"))


def test_a_file_of_another_program_is_named(refused, tmp_path):
    path = tmp_path / "image.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe")
    assert "neither text nor netCDF" in refused(path, "--averages", 1)
