"""A plan with a mistake: one line with the file's line, exit code 2, no instrument touched."""

import re

import pytest

PLAN = """\
name: wrong
direction: light
laser:
  power: 0.2 mW
  wavelength: 1550 nm
field:
  size: 300 mT
microwave: {power: 1 mW, frequency: 10 GHz}
sweep:
  - quantity: laser.power
    values: [0.1 mW, 0.2 mW]
    path: both
spectrum: {start: 9 MHz, stop: 12 MHz, points: 64, resolution_bandwidth: 20 kHz, averages: 8}
quads: 8
calibrations:
  tone: {power: 1 nW, frequency: 10 MHz}
interlocks:
  - {quantity: temperature, below: 30 mK}
retries: 1
"""

MISTAKES = [
    # what stands there, what is written instead, the line that is named, what is said
    ("quads: 8", "quadz: 8", 14, "unknown key 'quadz'; did you mean 'quads'?"),
    ("values: [", "valeus: [", 11, "unknown key 'sweep.0.valeus'; did you mean 'values'?"),
    ("below: 30 mK", "bellow: 30 mK", 18, "did you mean 'below'?"),
    ("  power: 0.2 mW", "  power: 0.2 MHz", 4, "'0.2 MHz' is not a power"),
    ("0.1 mW, 0.2 mW", "0.1 mT, 0.2 mT", 10, "'0.1 mT' is not a power"),
    ("below: 30 mK", "below: 30 mW", 18, "'30 mW' is not a temperature"),
    ("tone: {power: 1 nW", "tone: {power: 1 nm", 16, "'1 nm' is not a power"),
    ("  size: 300 mT", "  size: 300", 7, "300 has no unit"),
    ("laser.power\n", "laser.powr\n", 10, "did you mean 'laser.power'?"),
    ("[0.1 mW, 0.2 mW]", "[0.1 mW]", 10, "two or more different values"),
    ("path: both", "path: both\n    slow: true", 12, "only the last sweep, and no slow one"),
    ("quads: 8", "quads: 8\ninnermost: direction", 15, "loses its branch"),
    ("quads: 8", "quads: 8\norder: sorted", 15, "'quads', 'alternating', 'blocks' or 'random'"),
    ("quads: 8", "quads: 7", 14, "greater than or equal to 8, found 7"),
    ("quads: 8", "quads: 8\nlight: 1", 15, "the light goes both ways here"),
    ("direction: light", "direction: sideways", 2, "'light', 'field' or 'both'"),
    ("frequency: 10 MHz}", "frequency: 20 MHz}", 16, "outside the spectrum's band"),
    ("start: 9 MHz", "start: 13 MHz", 13, "is not above start"),
    ("retries: 1", "until: {quantity: contrast, half_width: 0.1}", 19, "must not sweep"),
    ("retries: 1", "control: {kind: low_power}", 19, "needs its 'power'"),
    ("temperature, below", "laser_power, below", 18, "'30 mK' is not a power"),
    ("{quantity: temperature", "{quantity: pressure", 18, "'pressure' cannot be watched"),
    ("  size: 300 mT", '  size: 300 mT\n  forward: "[11]"', 8, "[11]"),
    ("  size: 300 mT", '  size: 300 mT\n  backward: "[100]"', 6, "are both [100]"),
    ("quads: 8", "quads: [8", 15, "is not YAML"),
]


@pytest.fixture
def refused(phonosync, lab, rig_file, tmp_path):
    """Let a plan be refused by a rig on which nothing may be heard; the line."""
    heard = []
    for server in lab.servers.values():
        server.answer = lambda instrument, message: heard.append(message) or b""

    def run(text, *options):
        file = tmp_path / "plan.yaml"
        file.write_text(text, encoding="utf-8")
        out = tmp_path / "out"
        code, _, err = phonosync("measure", file, "--rig", rig_file, "--out", out, *options)
        [line] = err.splitlines()
        assert code == 2
        assert not out.exists()
        assert heard == []
        return line.removeprefix(f"phonosync: {file}")

    return run


@pytest.mark.parametrize(("right", "wrong", "number", "said"), MISTAKES)
def test_a_mistake_is_met_in_its_line(refused, right, wrong, number, said):
    assert PLAN.count(right) == 1
    line = refused(PLAN.replace(right, wrong))
    assert line.startswith(f", line {number}: ") or said == "is not YAML"
    assert f"line {number}" in line
    assert said in line


def test_a_dry_run_meets_the_same_mistake(refused):
    line = refused(PLAN.replace("quads: 8", "quadz: 8"), "--dry-run")
    assert line.startswith(", line 14: unknown key 'quadz'")


SIMPLE = """\
name: simple
laser: {power: 0.2 mW, wavelength: 1550 nm}
spectrum: {start: 9 MHz, stop: 12 MHz, points: 64, resolution_bandwidth: 20 kHz, averages: 8}
"""


@pytest.mark.parametrize(
    ("change", "role"),
    [
        ("temperature: 20 mK", "thermometer"),
        ("field: {size: 1 mT}", "magnet"),
        ("microwave: {power: 1 mW, frequency: 10 GHz}", "microwave_source"),
        ("quadratures: {duration: 1 s, rate: 1 kHz}", "demodulator"),
        ("interlocks: [{quantity: monitor_power, above: 1 uW}]", "power_meter"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_role_that_the_plan_needs_and_the_rig_lacks_is_named(
    phonosync, rig_file, tmp_path, change, role, options
):
    file = tmp_path / "plan.yaml"
    file.write_text(SIMPLE + change + "\n", encoding="utf-8")
    code, _, err = phonosync("measure", file, "--rig", rig_file, *options)
    assert code == 2
    assert err.count("\n") == 1
    said = (
        rf"{re.escape(str(file))}, line 4: \S+ needs a {role}, and no instrument of the rig plays"
    )
    assert re.search(said, err)


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_beyond_a_limit_of_the_rig_file_names_the_plans_line_and_the_limit(
    phonosync, lab, rig_content, write, tmp_path, options
):
    content = rig_content(lab.addresses)
    content["instruments"]["laser"]["parameters"] = {"power": {"limits": [0, 1e-4]}}
    heard = []
    for server in lab.servers.values():
        server.answer = lambda instrument, message: heard.append(message) or b""
    file = tmp_path / "plan.yaml"
    file.write_text(SIMPLE, encoding="utf-8")
    rig = write("rig.yaml", content)
    code, _, err = phonosync("measure", file, "--rig", rig, "--out", tmp_path / "out", *options)
    assert (code, heard) == (2, [])
    assert not (tmp_path / "out").exists()
    [line] = err.splitlines()
    assert line.startswith(f"phonosync: {file}, line 2: laser.power: a power of 200 uW is beyond")
    assert "parameters.power of laser" in line
    assert "0 W to 100 uW" in line
