"""One measurement in every format and unit is one spectrum; what nobody said is asked for."""

import h5py
import numpy as np
import pytest
from scipy.signal import welch

from phonosync.analysis.measured.metadata import parse_band
from phonosync.analysis.measured.resolution import resolution_of
from phonosync.analysis.measured.spectra import averaged_periodogram, read_spectrum
from phonosync.analysis.measured.units import noise_bandwidth_hz, spectrum_unit
from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.analysis.statistics.windows import GaussianFilter
from phonosync.theory.errors import InputError

RNG = np.random.default_rng(0)
FREQUENCY = np.arange(1, 101) * 10.0
PSD = RNG.gamma(4, 1e-9, 100)
TRACE = RNG.normal(size=2000)


def save_npz(path):
    np.savez(path, frequency_hz=FREQUENCY, psd=PSD, averages=4)


def save_hdf5(path):
    with h5py.File(path, "w") as file:
        file["frequency_hz"], file["psd"] = FREQUENCY, PSD
        file.attrs["averages"] = 4


def save_csv(path, header="frequency_hz,psd", values=PSD):
    rows = "\n".join(f"{f:.17g},{p:.17g}" for f, p in zip(FREQUENCY, values, strict=True))
    path.write_text(f"{header}\n{rows}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("a.npz", save_npz),
        ("a.h5", save_hdf5),
        ("a.csv", save_csv),
        ("a.npy", lambda path: np.save(path, np.stack([FREQUENCY, PSD], axis=1))),
    ],
)
def test_a_spectrum_is_the_same_from_every_format(tmp_path, name, save):
    save(tmp_path / name)
    sidecar = "kind: spectrum\naverages: 4\nunit: V^2/Hz\nsides: one\n"
    (tmp_path / f"{name}.meta.yaml").write_text(sidecar, encoding="utf-8")
    spectrum = read_spectrum(tmp_path / name)
    np.testing.assert_allclose(spectrum, PSD, rtol=1e-12)
    np.testing.assert_allclose(spectrum.frequency, FREQUENCY)
    assert spectrum.attrs["averages"] == 4
    assert spectrum.attrs["assumed"] == "independent points (no --window, no --rbw)"


def test_a_column_in_a_group_of_an_hdf5_file_is_found_by_its_path(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["run/frequency_hz"], file["run/psd"] = FREQUENCY, PSD
    spectrum = read_spectrum(tmp_path / "a.h5", column="run/psd", averages=4)
    np.testing.assert_allclose(spectrum, PSD)


def test_a_bare_array_is_a_trace_once_its_rate_is_said(tmp_path):
    np.save(tmp_path / "a.npy", TRACE)
    spectrum = read_spectrum(tmp_path / "a.npy", sample_rate="1 kHz", averages=5)
    expected = averaged_periodogram(TRACE, sample_rate_hz=1000, averages=5)
    np.testing.assert_allclose(spectrum, expected)
    with pytest.raises(InputError, match="--kind trace or --kind spectrum"):
        read_spectrum(tmp_path / "a.npy", averages=5)
    with pytest.raises(InputError, match="--sample-rate"):
        read_spectrum(tmp_path / "a.npy", averages=5, kind="trace")


NOISE_BANDWIDTH = noise_bandwidth_hz("gaussian", 2e3)


@pytest.mark.parametrize(
    ("unit", "column", "stated"),
    [
        ("V^2/Hz", PSD, {}),
        ("mV²/Hz", 1e6 * PSD, {}),
        ("V/sqrt(Hz)", np.sqrt(PSD), {}),
        ("nV/√Hz", 1e9 * np.sqrt(PSD), {}),
        ("Vrms", np.sqrt(PSD * NOISE_BANDWIDTH), {"resolution_bandwidth": "2 kHz"}),
        ("V^2", PSD * NOISE_BANDWIDTH, {"resolution_bandwidth": "2 kHz"}),
        ("W/Hz", PSD, {}),
        ("dBm/Hz", 10 * np.log10(PSD / 1e-3), {"averaging": "power"}),
        (
            "dBm",
            10 * np.log10(PSD * NOISE_BANDWIDTH / 1e-3),
            {"averaging": "power", "resolution_bandwidth": "2 kHz"},
        ),
        ("dBV", 10 * np.log10(PSD * 15.0), {"averaging": "power", "window": "hann"}),
        ("shot-noise units", PSD, {}),
        ("V^2/Hz", PSD / 2, {"sides": "two"}),
    ],
)
def test_every_unit_leads_to_the_same_density(tmp_path, unit, column, stated):
    save_csv(tmp_path / "a.csv", "frequency_hz,measured", column)
    spectrum = read_spectrum(tmp_path / "a.csv", column="measured", unit=unit, averages=4, **stated)
    np.testing.assert_allclose(spectrum, PSD, rtol=1e-9)
    expected = "W/Hz" if unit.startswith(("W", "dBm")) else "V^2/Hz"
    assert spectrum.attrs["units"] == ("shot-noise units" if "shot" in unit else expected)


def test_white_noise_of_one_volt_reads_the_same_in_vrms_bins_of_a_hann_window(tmp_path):
    """The scale of scipy's own spectrum in V^2 per bin."""
    noise = np.random.default_rng(1).normal(size=200_000)
    f, power = welch(noise, 1000, window="hann", nperseg=200, noverlap=0, scaling="spectrum")
    rows = "\n".join(f"{a},{np.sqrt(b)}" for a, b in zip(f[1:-1], power[1:-1], strict=True))
    (tmp_path / "a.csv").write_text(f"f,Vrms\n{rows}\n", encoding="utf-8")
    spectrum = read_spectrum(tmp_path / "a.csv", averages=1000, window="hann")
    assert float(spectrum.mean()) == pytest.approx(1 / 500, rel=0.01)


def test_a_two_sided_spectrum_of_a_voltage_is_folded(tmp_path):
    f = np.concatenate([-FREQUENCY[::-1], [0.0], FREQUENCY])
    both = np.concatenate([PSD[::-1], [1.0], PSD])
    np.savez(tmp_path / "a.npz", frequency=f, psd=both, averages=3)
    np.testing.assert_allclose(read_spectrum(tmp_path / "a.npz"), 2 * PSD)
    both[3] *= 1.5
    np.savez(tmp_path / "b.npz", frequency=f, psd=both, averages=3)
    with pytest.raises(InputError, match="both sides differ"):
        read_spectrum(tmp_path / "b.npz")


def test_window_filter_and_overlap_say_how_points_are_correlated(tmp_path):
    save_csv(tmp_path / "a.csv")
    hann = read_spectrum(tmp_path / "a.csv", averages=200, window="hann", overlap=0.5)
    assert resolution_of(hann) == SegmentWindow("hann", 0.1, 0.5)
    assert hann.attrs["averages"] == pytest.approx(
        SegmentWindow("hann", 0.1, 0.5).effective_averages(200)
    )
    filtered = read_spectrum(tmp_path / "a.csv", averages=200, resolution_bandwidth="20 Hz")
    assert resolution_of(filtered) == GaussianFilter(20.0)
    assert resolution_of(read_spectrum(tmp_path / "a.csv", averages=2)) is None


def test_overlap_is_counted_once_when_a_spectrum_is_kept_and_read_again(tmp_path):
    spectrum = averaged_periodogram(
        TRACE, sample_rate_hz=1000, averages=9, window="hann", overlap=0.5
    )
    spectrum.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    again = read_spectrum(tmp_path / "a.nc")
    assert again.attrs == spectrum.attrs
    assert resolution_of(again) == resolution_of(spectrum)


def test_flags_win_over_the_sidecar_and_the_sidecar_over_the_file(tmp_path):
    save_npz(tmp_path / "a.npz")
    assert read_spectrum(tmp_path / "a.npz").attrs["averages"] == 4
    (tmp_path / "a.npz.meta.yaml").write_text("averages: 7\n", encoding="utf-8")
    assert read_spectrum(tmp_path / "a.npz").attrs["averages"] == 7
    assert read_spectrum(tmp_path / "a.npz", averages=9).attrs["averages"] == 9


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({}, "--averages"),
        ({"averages": 4, "unit": "dB"}, "'dB' does not say what power"),
        ({"averages": 4, "unit": "V"}, "'V' does not say what power"),
        ({"averages": 4, "unit": "furlong"}, "'furlong' does not say"),
        ({"averages": 4, "unit": "dBm"}, "--averaging power or --averaging log"),
        ({"averages": 4, "unit": "Vrms"}, "--rbw '2 kHz' .* --window hann"),
        ({"averages": 4, "detector": "peak"}, "peak detector"),
        ({"averages": 4, "window": "hannn"}, "'hannn' is not known"),
        ({"averages": 4, "window": "gaussian"}, "--rbw"),
        ({"averages": 4, "overlap": 50}, "overlap"),
        ({"averages": 4, "resolution_bandwidth": "2"}, "no unit"),
        ({"averages": 4, "resolution_bandwidth": "2 s"}, "not a frequency"),
        ({"averages": -4}, "averages"),
        ({"averages": 4, "column": "voltage"}, "no column 'voltage', but frequency_hz, psd"),
    ],
)
def test_what_is_missing_or_impossible_is_asked_for_with_the_flag(tmp_path, stated, said):
    save_csv(tmp_path / "a.csv")
    with pytest.raises(InputError, match=said):
        read_spectrum(tmp_path / "a.csv", **stated)


def test_a_misspelt_key_of_the_sidecar_is_met_with_the_right_one(tmp_path):
    save_csv(tmp_path / "a.csv")
    (tmp_path / "a.csv.meta.yaml").write_text("avarages: 4\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.csv\.meta\.yaml.*did you mean 'averages'"):
        read_spectrum(tmp_path / "a.csv")


def test_decibels_read_as_power_are_named(tmp_path):
    save_csv(tmp_path / "a.csv", values=10 * np.log10(PSD))
    with pytest.raises(InputError, match="--unit dBm for decibels"):
        read_spectrum(tmp_path / "a.csv", averages=4)


def test_a_gaussian_filter_passes_more_noise_than_its_3_db_width():
    assert noise_bandwidth_hz("gaussian", 1.0) == pytest.approx(1.0645, abs=1e-4)
    assert noise_bandwidth_hz("hann", 2.0) == pytest.approx(3.0)


def test_any_quantity_squared_per_hertz_is_a_density():
    assert spectrum_unit("rad^2/Hz").density == "rad^2/Hz"


@pytest.mark.parametrize("text", ["140 kHz", "2..1 Hz", "160 kHz..140 kHz", "a..b"])
def test_a_band_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="the band"):
        parse_band(text)
