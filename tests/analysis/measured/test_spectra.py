import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.measured.spectra import averaged_periodogram, power_spectrum, read_spectrum
from phonosync.theory.errors import InputError

RNG = np.random.default_rng(0)
TRACE = RNG.normal(size=2000)
TIME = np.arange(2000) * 1e-3
FREQUENCY = np.arange(1, 101) * 10.0
PSD = RNG.gamma(4, 1e-9, 100)


def write_csv(path, header, *columns):
    rows = "\n".join(",".join(f"{cell:.17g}" for cell in row) for row in zip(*columns, strict=True))
    path.write_text(f"{header}\n{rows}\n", encoding="utf-8")
    return path


def trace_dataset(**attributes):
    return xr.Dataset({"voltage": ("time", TRACE)}, attrs=attributes)


def test_white_noise_has_the_level_of_its_variance_over_the_nyquist_band():
    noise = np.random.default_rng(1).normal(scale=3.0, size=100_000)
    spectrum = averaged_periodogram(noise, sample_rate_hz=1e4, averages=50)
    assert float(spectrum.mean()) == pytest.approx(9 / 5e3, rel=0.02)
    assert spectrum.attrs["averages"] == 50
    relative = spectrum.values / spectrum.values.mean()
    assert np.var(relative) == pytest.approx(1 / 50, rel=0.15)


def test_the_power_of_a_sine_is_half_its_amplitude_squared_whatever_the_offset():
    time = np.arange(1000) / 1000
    voltage = 1e4 + 2 * np.sin(2 * np.pi * 50 * time) + 1e-6 * RNG.normal(size=1000)
    spectrum = averaged_periodogram(voltage, sample_rate_hz=1000, averages=1)
    assert float(spectrum.sum()) * 1.0 == pytest.approx(2.0, rel=1e-6)
    assert float(spectrum.idxmax()) == 50


def test_zero_frequency_and_the_nyquist_frequency_are_left_out():
    spectrum = averaged_periodogram(TRACE, sample_rate_hz=1000, averages=10)
    assert spectrum.frequency.values == pytest.approx(np.arange(1, 100) * 5.0)


def test_a_trace_gives_the_same_spectrum_from_every_kind_of_file(tmp_path):
    expected = averaged_periodogram(TRACE, sample_rate_hz=1000, averages=10)
    timed = xr.Dataset({"voltage": ("time", TRACE)}, coords={"time": ("time", TIME)})
    written = {
        "a.csv": lambda path: write_csv(path, "time_s,voltage", TIME, TRACE),
        "b.csv": lambda path: write_csv(path, "Time (ms), Voltage [mV]", 1e3 * TIME, 1e3 * TRACE),
        "a.nc": lambda path: trace_dataset(sample_rate_hz=1000.0).to_netcdf(path, engine="scipy"),
        "b.nc": lambda path: trace_dataset(sample_interval_s=1e-3).to_netcdf(
            path, engine="h5netcdf"
        ),
        "c.nc": lambda path: timed.to_netcdf(path, engine="h5netcdf"),
    }
    for name, write in written.items():
        write(tmp_path / name)
        spectrum = read_spectrum(tmp_path / name)
        np.testing.assert_allclose(spectrum, expected, rtol=1e-9)
        np.testing.assert_allclose(spectrum.frequency, expected.frequency, rtol=1e-9)


@pytest.mark.parametrize(
    ("header", "scales"),
    [
        ("frequency_hz,psd", (1, 1)),
        ("frequency_khz,psd_v2_per_hz", (1e-3, 1)),
        ("Frequency [MHz],PSD (V²/Hz)", (1e-6, 1)),
        ("freq_hz,psd (mV^2/Hz)", (1, 1e6)),
    ],
)
def test_a_column_may_carry_its_unit(tmp_path, header, scales):
    path = write_csv(tmp_path / "a.csv", header, FREQUENCY * scales[0], PSD * scales[1])
    spectrum = read_spectrum(path, averages=4)
    np.testing.assert_allclose(spectrum, PSD, rtol=1e-12)
    np.testing.assert_allclose(spectrum.frequency, FREQUENCY, rtol=1e-12)


def test_semicolons_tabs_comments_and_byte_order_marks_are_understood(tmp_path):
    for mark in (";", "\t"):
        rows = "\n".join(f"{f}{mark}{p}" for f, p in zip(FREQUENCY, PSD, strict=True))
        path = tmp_path / "a.csv"
        path.write_text(f"# exported\nfrequency_hz{mark}psd\n{rows}\n\n", encoding="utf-8-sig")
        np.testing.assert_allclose(read_spectrum(path, averages=4), PSD)


def test_a_spectrum_survives_netcdf_with_its_averages_and_window(tmp_path):
    spectrum = averaged_periodogram(TRACE, sample_rate_hz=1000, averages=8)
    spectrum.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    again = read_spectrum(tmp_path / "a.nc")
    np.testing.assert_array_equal(again, spectrum)
    assert again.attrs == spectrum.attrs
    assert read_spectrum(tmp_path / "a.nc", averages=3).attrs["averages"] == 3


def test_a_spectrum_without_its_averages_asks_for_them(tmp_path):
    path = write_csv(tmp_path / "a.csv", "frequency_hz,psd", FREQUENCY, PSD)
    with pytest.raises(InputError, match="--averages"):
        read_spectrum(path)
    assert read_spectrum(path, averages=2.5).attrs["averages"] == 2.5


SPECTRUM_ROWS = [f"{f},{p}" for f, p in zip(FREQUENCY, PSD, strict=True)]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["frequency_hz,psd", *SPECTRUM_ROWS[:3], "40,oops", *SPECTRUM_ROWS[4:]], "line 5: 'oops'"),
        (["frequency_hz,psd", *SPECTRUM_ROWS[:3], "40,nan", *SPECTRUM_ROWS[4:]], "line 5: nan"),
        (["frequency_hz,psd", *SPECTRUM_ROWS[:3], "40", *SPECTRUM_ROWS[4:]], "line 5: no value"),
        (["frequency_hz,psd", *SPECTRUM_ROWS[:3], "40,-1e-9", *SPECTRUM_ROWS[4:]], "at 40 Hz is"),
        (["frequency_hz,psd", *(f"{f},0" for f in FREQUENCY)], "zero at every frequency"),
        (["frequency_hz,psd", *SPECTRUM_ROWS[::-1]], "rising order"),
        (["frequency_hz,psd", *SPECTRUM_ROWS[:10]], "10 points"),
        (["frequency_hz,psd"], "0 points"),
        (["frequency_hz,pds", *SPECTRUM_ROWS], "frequency_hz, pds.* Rename 'pds' to 'psd'"),
        (["a,b,c", "1,2,3"], "columns a, b, c, but frequency_hz,psd or time_s,voltage"),
        (SPECTRUM_ROWS, "first line must name the columns"),
        ([""], "no numbers|empty"),
        (["time_s,voltage", *(f"{t * t},{t}" for t in range(1000))], "time steps are not even"),
        (["time_s,voltage", *(f"{t},{t % 7}" for t in range(40))], "40 samples"),
        (["time_s,voltage", *(f"{t},2.5" for t in range(4000))], "2.5 V throughout"),
    ],
)
def test_a_bad_csv_is_refused_with_the_place_and_the_remedy(tmp_path, lines, said):
    path = tmp_path / "bad.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_spectrum(path, averages=4)


def test_a_missing_sample_is_noticed(tmp_path):
    keep = np.arange(TIME.size) != 700
    path = write_csv(tmp_path / "a.csv", "time_s,voltage", TIME[keep], TRACE[keep])
    with pytest.raises(InputError, match="after point 700"):
        read_spectrum(path)


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (trace_dataset(), "sample_rate_hz"),
        (trace_dataset(sample_rate_hz=-1.0), "positive number"),
        (trace_dataset(sample_rate_hz="fast"), "positive number"),
        (xr.Dataset({"voltag": ("time", TRACE)}), "columns voltag.* Rename 'voltag'"),
        (xr.Dataset({"voltage": (("a", "b"), TRACE.reshape(2, -1))}), "dimensions"),
        (
            xr.Dataset({"voltage": ("time", TRACE, {"units": "furlong"})}, attrs={"averages": 1}),
            "furlong",
        ),
        (xr.Dataset({"psd": ("frequency", PSD)}, {"frequency": FREQUENCY}), "--averages"),
        (
            xr.Dataset(
                {"voltage": ("time", np.where(np.arange(2000) == 9, np.nan, TRACE))},
                attrs={"sample_rate_hz": 1.0},
            ),
            "nan at point 10",
        ),
    ],
)
@pytest.mark.parametrize("engine", ["scipy", "h5netcdf"])
def test_a_bad_netcdf_is_refused_with_the_remedy(tmp_path, dataset, said, engine):
    dataset.to_netcdf(tmp_path / "bad.nc", engine=engine)
    with pytest.raises(InputError, match=said):
        read_spectrum(tmp_path / "bad.nc")


@pytest.mark.parametrize("engine", ["scipy", "h5netcdf"])
@pytest.mark.parametrize("kept", [9, 100, 0.5, 0.95])
def test_a_truncated_netcdf_is_called_damaged(tmp_path, engine, kept):
    trace_dataset(sample_rate_hz=1.0).to_netcdf(tmp_path / "whole.nc", engine=engine)
    content = (tmp_path / "whole.nc").read_bytes()
    length = int(kept * len(content)) if kept < 1 else int(kept)
    (tmp_path / "cut.nc").write_bytes(content[:length])
    with pytest.raises(InputError, match="damaged"):
        read_spectrum(tmp_path / "cut.nc")


def test_missing_empty_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_spectrum(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder"):
        read_spectrum(tmp_path)
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        read_spectrum(tmp_path / "empty.csv")
    (tmp_path / "image.nc").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe")
    with pytest.raises(InputError, match="neither text nor netCDF"):
        read_spectrum(tmp_path / "image.nc")


@pytest.mark.parametrize("averages", [0, -1, 2.5, np.nan, np.inf])
def test_a_trace_is_cut_into_a_whole_number_of_segments(averages):
    with pytest.raises(InputError, match="averages"):
        averaged_periodogram(TRACE, sample_rate_hz=1.0, averages=averages)


def test_a_two_sided_spectrum_is_refused():
    with pytest.raises(InputError, match="one-sided"):
        power_spectrum(np.arange(-50.0, 50.0), np.ones(100), averages=1)
