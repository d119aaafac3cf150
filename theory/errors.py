"""What can go wrong, in one sentence each: what was found, why it is wrong, what to do next."""


class PhonosyncError(Exception):
    """Base of all errors that a user can act on; the command line shows no traceback."""

    exit_code = 2


class InputError(PhonosyncError, ValueError):
    """A file, a setting or an argument that cannot mean what it says."""


class UnstableError(PhonosyncError, ValueError):
    """The linearised motion grows, so there is no stationary state."""


class UnphysicalError(PhonosyncError, ValueError):
    """A covariance below Heisenberg's bound: no quantum state has it."""
