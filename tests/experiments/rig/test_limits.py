"""What a plan asks of its instruments, and who forbids it."""

import pytest

from phonosync.experiments.plan.plan import load_plan
from phonosync.experiments.rig.check import Finding
from phonosync.experiments.rig.file import RigFile
from phonosync.experiments.rig.limits import check_plan, demands
from phonosync.instruments.introductions.introduction import Limit
from phonosync.theory.errors import InputError

PLAN = """\
name: limits
direction: both
laser: {power: 0.2 mW, wavelength: 1550 nm}
field: {size: 300 mT, backward: "-[100]"}
microwave:
  power: 1 mW
  frequency: 10 GHz
sweep:
  - {quantity: laser.detuning, values: ["-2 GHz", "1 GHz"]}
  - {quantity: laser.power, values: [0.1 mW, 0.4 mW]}
spectrum: {start: 9 MHz, stop: 12 MHz, resolution_bandwidth: 20 kHz, averages: 8}
control: {kind: low_power, power: 1 uW}
calibrations: {tone: {power: 1 nW, frequency: 10 MHz}}
"""


@pytest.fixture
def plan_path(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, encoding="utf-8")
    return path


@pytest.fixture
def asked(plan_path):
    """Place in the plan, quantity -> the range that is asked for."""
    return {
        (".".join(map(str, d.place)), d.what): (d.low, d.high)
        for d in demands(load_plan(plan_path), 1)
    }


def test_a_demand_is_the_range_of_all_points_and_each_section_has_its_own(asked):
    found = {place: ends for place, ends in asked.items() if place[1] != "wavelength"}
    assert found == {
        ("sweep.1", "power"): pytest.approx((0.1e-3, 0.4e-3)),
        ("control.power", "power"): pytest.approx((1e-6, 1e-6)),
        ("microwave.power", "power"): pytest.approx((1e-3, 1e-3)),
        ("microwave.frequency", "frequency"): pytest.approx((10e9, 10e9)),
        ("calibrations.tone.power", "power"): pytest.approx((1e-9, 1e-9)),
        ("calibrations.tone.frequency", "frequency"): pytest.approx((10e6, 10e6)),
        ("field.size", "field"): pytest.approx((0.3, 0.3)),
        ("spectrum", "frequency"): (9e6, 12e6),
    }


def test_a_swept_detuning_is_a_range_of_wavelengths(asked):
    """Δλ = λ² Δf / c to first order: 3 GHz at 1550 nm are 24.0 pm."""
    low, high = asked["sweep.0", "wavelength"]
    assert high - low == pytest.approx(24.04e-12, rel=1e-3)
    assert high - 1550e-9 == pytest.approx(8.01e-12, rel=1e-2)


def rig_of(role, **entry):
    content = {"type": "a.driver", "address": "TCPIP0::198.51.100.7::5025::SOCKET", **entry}
    return RigFile.model_validate({"instruments": {role: content}})


@pytest.mark.parametrize(
    ("role", "limits", "line", "said"),
    [
        ("laser", {"power": [0, 3e-4]}, 10, r"power of 400 uW is beyond .*0 W to 300 uW"),
        ("laser", {"power": [1e-5, 1e-3]}, 12, r"power of 1 uW is beyond .*10 uW to 1 mW"),
        ("laser", {"wavelength": [1.55e-6, 1.6e-6]}, 9, r"wavelength of 1\.54998 um is beyond"),
        # the driver of a microwave source counts in dBm: −3 dBm are 0.5 mW
        (
            "microwave_source",
            {"power": [-135, -3]},
            6,
            r"of 1 mW is beyond .*fW to 501\.187 uW",
        ),
        (
            "microwave_source",
            {"frequency": [1e9, 2e10]},
            13,
            r"of 10 MHz is beyond .*1 GHz",
        ),
    ],
)
def test_beyond_a_limit_of_the_rig_file_the_line_and_the_limit_are_named(
    plan_path, role, limits, line, said
):
    rig = rig_of(role, parameters={name: {"limits": pair} for name, pair in limits.items()})
    with pytest.raises(InputError, match=said) as error:
        check_plan(load_plan(plan_path), plan_path, rig, 1)
    assert f"{plan_path}, line {line}: " in str(error.value)
    assert f"of {role})" in str(error.value)


@pytest.mark.parametrize(("largest", "refused"), [(0.29, True), (0.31, False)])
def test_the_magnets_own_largest_field_is_a_limit(plan_path, largest, refused):
    rig = rig_of("magnet", adapter={"settings": {"max_field_t": largest}})
    plan = load_plan(plan_path)
    if refused:
        with pytest.raises(InputError, match=r"field of 300 mT is beyond .*max_field_t of magnet"):
            check_plan(plan, plan_path, rig, 1)
    else:
        check_plan(plan, plan_path, rig, 1)


def test_what_the_instrument_says_of_itself_is_a_limit_too(plan_path):
    finding = Finding("laser", "TCPIP0::198.51.100.7::5025::SOCKET")
    finding.limits = [Limit("power", 0.0, 3e-4, "W")]
    with pytest.raises(InputError, match=r"power of 400 uW is beyond what laser itself allows"):
        check_plan(load_plan(plan_path), plan_path, rig_of("laser"), 1, [finding])


def test_within_all_limits_nothing_is_said(plan_path):
    rig = rig_of("laser", parameters={"power": {"limits": [0, 1e-3]}})
    check_plan(load_plan(plan_path), plan_path, rig, 1)
