"""The detector's response: what it took away comes back, and the scatter stays what it was."""

import numpy as np
import pytest

from phonosync.analysis.lines.fit import fit_lines
from phonosync.analysis.lines.shape import oscillator_line
from phonosync.analysis.measured.detector import detector_response
from phonosync.analysis.measured.spectra import read_spectrum
from phonosync.theory.errors import InputError

F, K = np.arange(1000.0, 9000.0, 4.0), 40
LINES = ((2000.0, 30.0, 2000.0), (8000.0, 60.0, 2000.0))
CORNER = 3000.0


@pytest.fixture
def spectrum_file(tmp_path):
    """Two modes of one area behind a detector whose corner lies between them."""
    S = 1 + sum(oscillator_line(F, *line) for line in LINES)
    seen = S / (1 + (F / CORNER) ** 2)
    path = tmp_path / "a.npz"
    power = np.random.default_rng(5).gamma(K, seen / K)
    np.savez(path, frequency_hz=F, psd=power, averages=K)
    return path


def areas(path, **stated):
    return [mode.area for mode in fit_lines(read_spectrum(path, **stated)).modes]


def test_areas_behind_a_low_pass_are_those_in_front_of_it(spectrum_file):
    plain, corrected = areas(spectrum_file), areas(spectrum_file, response="3 kHz")
    for found in corrected:
        assert found.low < 2000 < found.high
    # An eighth of the power at 8 kHz is all that the detector lets through.
    assert plain[1].value == pytest.approx(2000 / (1 + (8 / 3) ** 2), rel=0.1)


def test_a_measured_curve_does_the_same_in_power_and_in_decibels(spectrum_file, tmp_path):
    f = np.linspace(500, 10_000, 400)
    gain = 1 / (1 + (f / CORNER) ** 2)
    for name, values in (("gain", gain), ("gain_db", 10 * np.log10(gain))):
        rows = "\n".join(f"{a},{b}" for a, b in zip(f, values, strict=True))
        (tmp_path / f"{name}.csv").write_text(f"frequency_hz,{name}\n{rows}\n", encoding="utf-8")
        by_corner = read_spectrum(spectrum_file, response="3 kHz")
        by_curve = read_spectrum(spectrum_file, response=f"{name}.csv")  # beside the spectrum
        np.testing.assert_allclose(by_curve, by_corner, rtol=1e-4)


def test_a_sidecar_may_say_it(spectrum_file):
    sidecar = spectrum_file.with_name("a.npz.meta.yaml")
    sidecar.write_text("response: 3 kHz\n", encoding="utf-8")
    assert areas(spectrum_file)[1].low < 2000 < areas(spectrum_file)[1].high


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("0 Hz", "above 0"),
        ("3 volts", "neither a frequency like '20 MHz' nor a file"),
        ("absent.csv", "neither a frequency like '20 MHz' nor a file"),
    ],
)
def test_what_is_no_response_is_refused(tmp_path, said, message):
    with pytest.raises(InputError, match=message):
        detector_response(said, beside=tmp_path / "a.csv")


def test_a_curve_that_ends_inside_the_band_or_is_none_is_refused(spectrum_file, tmp_path):
    (tmp_path / "short.csv").write_text("frequency_hz,gain\n500,1\n4000,0.5\n", encoding="utf-8")
    with pytest.raises(InputError, match="measure the response further"):
        read_spectrum(spectrum_file, response="short.csv")
    (tmp_path / "db.csv").write_text("frequency_hz,gain\n500,-1\n9900,-9\n", encoding="utf-8")
    with pytest.raises(InputError, match="is it gain_db"):
        read_spectrum(spectrum_file, response="db.csv")
    (tmp_path / "psd.csv").write_text("frequency_hz,psd\n500,1\n9900,9\n", encoding="utf-8")
    with pytest.raises(InputError, match="gain"):
        read_spectrum(spectrum_file, response="psd.csv")
