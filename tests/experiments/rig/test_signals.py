"""Signals end a run once, and nothing interrupts its way to safety."""

import signal
import sys

import pytest

from phonosync.experiments.rig.signals import StopSignal, answered_by, stop_on_signals


def test_ctrl_c_is_a_keyboard_interrupt_and_a_second_one_is_ignored():
    before = signal.getsignal(signal.SIGINT)
    with stop_on_signals():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is before


def test_sigterm_names_itself_and_ctrl_c_is_ignored_afterwards():
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signals():
        with pytest.raises(StopSignal, match=r"^SIGTERM$"):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGHUP")
def test_a_closed_console_waits_for_what_must_not_be_interrupted():
    with stop_on_signals():
        with answered_by(signal.SIG_IGN):
            signal.raise_signal(signal.SIGHUP)
        with pytest.raises(StopSignal, match=r"^SIGHUP$"):
            signal.raise_signal(signal.SIGHUP)
