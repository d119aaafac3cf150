"""Records of a run: repeats joined, directions compared, and a tongue over the laser's detuning."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from phonosync.analysis.measured.calibration import Calibration
from phonosync.analysis.nonreciprocity.contrast import Nonreciprocity
from phonosync.analysis.run.records import Compared, RecordsAnalysis, records_of
from phonosync.analysis.run.setting import Setting, settings_of
from phonosync.analysis.statistics.interval import UNKNOWN, Interval
from phonosync.theory.errors import InputError
from phonosync.theory.stochastic.adler import adler_beat, adler_locking

RATE_HZ, SAMPLES, QUADS = 1e3, 600, 8
TUNING, CENTRE_HZ, COUPLING, DIFFUSION = 2e-4, 5e4, 2 * np.pi * 20.0, 2 * np.pi * 0.5
DETUNING_HZ = np.linspace(-3e5, 3e5, 7)


def phases(detuning, coupling, random):
    """φ of one pair, rad: Adler's equation, after what its start left has died out."""
    steps, before = 4, 200
    dt = 1 / RATE_HZ / steps
    kicks = np.sqrt(2 * DIFFUSION * dt) * random.standard_normal((SAMPLES + before) * steps)
    φ, path = 0.0, []
    for kick in kicks.tolist():
        φ += (detuning - coupling * np.sin(φ)) * dt + kick
        path.append(φ)
    return np.array(path[before * steps :: steps])


@pytest.fixture(scope="module")
def run(as_run):
    """Light +1 couples the pair, light −1 does not; the laser's detuning moves one vibration."""
    random = np.random.default_rng(5)
    values = np.empty((2, len(DETUNING_HZ), QUADS, 2, 2, SAMPLES))
    for index in np.ndindex(values.shape[:3]):
        Δ = 2 * np.pi * TUNING * (DETUNING_HZ[index[1]] - CENTRE_HZ)
        φ = phases(Δ, COUPLING if index[0] == 0 else 0.0, random)
        z = np.array([5 * np.exp(0.5j * φ), 4 * np.exp(-0.5j * φ)])
        z = z + 0.02 * (random.standard_normal((2, SAMPLES, 2)) @ [1, 1j])
        values[index] = np.stack([z.real, z.imag], axis=1)
    inner = {"channel": [0, 1], "quadrature": ["X", "Y"], "time": np.arange(SAMPLES) / RATE_HZ}
    data = as_run(
        "quadratures",
        values,
        inner,
        swept=("laser_detuning", DETUNING_HZ, "Hz"),
        units="V",
        rate_hz=RATE_HZ,
        time_constant_s=1e-6,
    )
    return data.assign_coords(reference=("channel", [1e6, 1e6], {"units": "Hz"}))


def test_the_telling_setting_is_that_of_the_largest_difference_and_not_of_the_largest_ratio():
    def locked(value):
        return SimpleNamespace(locking_value=Interval(value, value - 0.01, value + 0.01))

    near, far = (Setting((("laser_detuning", x),), "up", "") for x in (0.0, 3e5))
    records = {
        (1, 1, near): locked(0.9),
        (-1, 1, near): locked(0.1),
        (1, 1, far): locked(0.05),
        (-1, 1, far): locked(0.001),
    }
    compared = tuple(
        Compared("light", 1, setting, Nonreciprocity(UNKNOWN, UNKNOWN), {}, None)
        for setting in (far, near)
    )
    telling = RecordsAnalysis(records, compared).telling  # pyright: ignore[reportArgumentType]
    assert telling is not None
    assert telling.setting == near


@pytest.fixture(scope="module")
def found(run):
    return records_of(run, calibration=Calibration(1.0, 0.2, "tone"))


@pytest.mark.parametrize("stated", [1.0, [1.0, 4.0]])
def test_a_calibration_that_the_rig_file_states_gives_S(run, found, stated):
    """Quanta per V² four times as many of one channel: X of the amplitudes 5 and 4 · 2."""
    one = run.isel(laser_detuning=[3])
    stated_run = one.assign_attrs(quanta_per_v2=stated, quanta_per_v2_error=0.2)
    here = records_of(stated_run).records[1, 1, settings_of(one)[0]]
    explicit = found.records[1, 1, settings_of(run)[3]]
    if stated == 1.0:
        assert here.S == explicit.S
    else:  # amplitudes of 5 and 8 differ by more than those of 5 and 4
        assert here.S["S_c"].value < 0.8 * explicit.S["S_c"].value


def test_joined_beats_and_locking_values_follow_adler(run, found):
    for setting in settings_of(run)[::3]:
        Δ = 2 * np.pi * TUNING * (dict(setting.values)["laser_detuning"] - CENTRE_HZ)
        for light, K in ((1, COUPLING), (-1, 0.0)):
            entry = found.records[light, 1, setting]
            beat = float(adler_beat(Δ, K, DIFFUSION)) / 2 / np.pi
            R = abs(complex(adler_locking(Δ, K, DIFFUSION)))
            # 14 intervals are looked at, so each may miss by half its width.
            assert abs(entry.beat_hz.value - beat) < 0.8 * (entry.beat_hz.high - entry.beat_hz.low)
            width = entry.locking_value.high - entry.locking_value.low
            assert abs(entry.locking_value.value - R) < 0.8 * width + 0.01


def test_a_free_pair_has_an_interval_though_its_locking_value_stops_at_zero(run, found):
    entry = found.records[-1, 1, settings_of(run)[0]]
    assert entry.locking_value.low == 0
    assert entry.locking_value.high > 0.005


def test_one_direction_locks_and_the_quads_say_so(run, found):
    at_centre = settings_of(run)[3]
    [entry] = [c for c in found.compared if c.setting == at_centre]
    assert entry.turned == "light"
    assert entry.p_value == pytest.approx(2 / 2**QUADS)
    low = entry.locking.contrast.low
    assert low > 0.3
    # S_φ is better where the pair holds together, and a common calibration cancels.
    assert entry.measures["S_phi"].contrast.low > 0


def test_the_locking_range_comes_back_in_the_scale_of_the_laser(found):
    """Adler's K over the tuning that the free vibrations show."""
    rows = {row.light: row.tongue for row in found.tongues}
    plus, minus = rows[1], rows[-1]
    half_range = COUPLING / (2 * np.pi) / TUNING
    assert plus.half_range_hz.low <= half_range <= plus.half_range_hz.high
    for one in (plus, minus):
        assert one.tuning.low <= TUNING <= one.tuning.high
        assert one.centre_hz.low <= CENTRE_HZ <= one.centre_hz.high
    assert minus.half_range_hz.low == 0
    # Noise stronger than the coupling hides it: the pull is as good as a smaller tuning.
    assert TUNING * minus.half_range_hz.high < minus.diffusion_hz.high


def test_a_note_is_said_once_with_the_number_of_its_records(found):
    assert any(note.startswith("no noise record was given") for note in found.notes)
    assert len(found.notes) < 12
    assert len(set(found.notes)) == len(found.notes)


def test_the_json_holds_no_nan(found):
    result = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert len(result["settings"]) == 14
    assert result["settings"][0]["n_records"] == QUADS
    assert result["tongues"][0]["along"] == "laser_detuning"


def test_what_was_not_measured_is_left_out(run):
    data = run.isel(laser_detuning=[3]).copy(deep=True)
    data["quadratures"][dict(light=1)] = np.nan
    found = records_of(data)
    assert [key[0] for key in found.records] == [1]
    assert found.compared == ()
    data["quadratures"][dict(light=0)] = np.nan
    with pytest.raises(InputError, match="holds no record"):
        records_of(data)
