import pytest

from phonosync.theory import InputError, load_device

SPHERE = """\
name: sphere
modes:
  magnon: {kind: magnon, frequency: 10 GHz, linewidth: 2 MHz, detuning: -8 MHz}
magnet: {bias_field: 357 mT}
"""


def load(tmp_path, text):
    path = tmp_path / "sphere.yaml"
    path.write_text(text)
    return load_device(path)


def test_the_bias_field_is_read_in_tesla_and_a_soft_sphere_turns_at_a_tenth_of_a_millitesla(
    tmp_path,
):
    magnet = load(tmp_path, SPHERE).magnet
    assert magnet.bias_field == pytest.approx(0.357)
    assert magnet.coercive_field == pytest.approx(1e-4)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("357 mT", "357", "357 has no unit"),
        ("357 mT", "10 MHz", "is not a magnetic field"),
        ("kind: magnon", "kind: photon", "it biases magnons, and there is none; remove it"),
    ],
)
def test_a_magnet_that_biases_nothing_or_has_no_tesla_is_refused(tmp_path, old, new, message):
    with pytest.raises(InputError, match=message):
        load(tmp_path, SPHERE.replace(old, new))
