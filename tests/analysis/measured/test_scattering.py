"""Touchstone files: elements found, damage named."""

import numpy as np
import pytest

from phonosync.analysis.measured.scattering import is_touchstone, read_scattering
from phonosync.theory.errors import InputError

F = np.linspace(5e9, 5.001e9, 50)
NOTCH = 1 - 0.6 / (1 + 2j * (F - 5.0005e9) / 1e5)


def write_s2p(path, *, s21=NOTCH, s12=None, kept=None):
    s12 = np.ones_like(s21) if s12 is None else s12
    rows = [
        f"{f} 1 0 {a.real} {a.imag} {b.real} {b.imag} 1 0"
        for f, a, b in zip(F, s21, s12, strict=True)
    ]
    path.write_text("\n".join(["# Hz S RI R 50", *rows])[:kept], encoding="utf-8")
    return path


def test_the_element_that_varies_is_taken(tmp_path):
    trace = read_scattering(write_s2p(tmp_path / "a.s2p"))
    assert trace.name == "S21"
    np.testing.assert_allclose(trace, NOTCH)
    np.testing.assert_allclose(trace.frequency, F)


def test_of_several_that_vary_one_must_be_named(tmp_path):
    path = write_s2p(tmp_path / "a.s2p", s12=0.5 * NOTCH)
    with pytest.raises(InputError, match="--column S21"):
        read_scattering(path)
    np.testing.assert_allclose(read_scattering(path, element="s12"), 0.5 * NOTCH)
    with pytest.raises(InputError, match="no 'S31', but S11"):
        read_scattering(path, element="S31")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kept": 700}, "no complete Touchstone|too few"),
        ({"s21": np.where(np.arange(50) == 9, np.nan, NOTCH)}, "no measurement|no complete"),
        ({"s21": np.ones(50, complex)}, "throughout"),
    ],
)
def test_a_damaged_or_empty_file_is_refused(tmp_path, options, said):
    with pytest.raises(InputError, match=said):
        read_scattering(write_s2p(tmp_path / "a.s2p", **options))


def test_a_band_is_cut(tmp_path):
    path = write_s2p(tmp_path / "a.s2p")
    assert read_scattering(path, band_hz=(5.0002e9, 5.0008e9)).size == 30
    with pytest.raises(InputError, match="too few"):
        read_scattering(path, band_hz=(5.0002e9, 5.0003e9))


@pytest.mark.parametrize(("name", "yes"), [("a.s2p", True), ("a.S1P", True), ("a.csv", False)])
def test_touchstone_is_known_by_its_name(tmp_path, name, yes):
    assert is_touchstone(tmp_path / name) is yes
