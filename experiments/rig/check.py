"""Is the rig what its file says? Asked by questions alone, so that nothing changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from phonosync.experiments.rig.file import (
    DIRECTION_OF_LIGHT,
    ROLES,
    InstrumentEntry,
    RigFile,
    Role,
)
from phonosync.experiments.rig.instrument import adapter_options, driver_class
from phonosync.instruments.dialogue.bare_connection import questions
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.introductions.introduction import Identity, Limit
from phonosync.instruments.introductions.table import introduction_of
from phonosync.theory.errors import InputError

WRONG_FILE, WRONG_INSTRUMENT = 2, 3  # exit codes


@dataclass
class Finding:
    """What was found at one address.

    Attributes:
        place: role, or role.option where a role has several addresses.
        expected_model, expected_firmware: of the rig file; None where it does not say.
        identity: what the instrument says of itself; None if it says nothing.
        limits: what the instrument says of its range.
        allowed: what the rig file allows: parameter -> (low, high).
        problems: (exit code, what is wrong and what to do) for each.
    """

    place: str
    address: str
    expected_model: str | None = None
    expected_firmware: str | None = None
    identity: Identity | None = None
    limits: list[Limit] = field(default_factory=list)
    allowed: dict[str, tuple[float, float]] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)


def check_rig(rig_file: RigFile) -> list[Finding]:
    """Ask every instrument who it is, how far it goes and what keeps it from its work.

    Args:
        rig_file: which instruments there should be.

    Returns:
        One finding an address; none raises.
    """
    findings = []
    for role, entry in rig_file.instruments.items():
        for option, address in entry.addresses.items():
            finding = Finding(
                place=f"{role}.{option}" if option else role,
                address=address,
                expected_model=entry.model,
                expected_firmware=entry.firmware,
                allowed={
                    name: parameter.limits
                    for name, parameter in entry.parameters.items()
                    if parameter.limits is not None
                },
            )
            _examine(role, entry, finding)
            findings.append(finding)
    return findings


def missing(rig_file: RigFile) -> list[str]:
    """What a rig lacks, in sentences; an experiment may do without some of it."""
    sentences = []
    absent = [role for role in ROLES if role not in rig_file.instruments]
    needed = [role for role in absent if role in DIRECTION_OF_LIGHT]
    if needed:
        sentences.append(f"A direction of light also needs: {', '.join(needed)}.")
    if others := [role for role in absent if role not in needed]:
        sentences.append(f"Not in this rig: {', '.join(others)}.")
    if rig_file.calibration.detection_efficiency is None:
        sentences.append("No detection_efficiency: a fit will ask for --efficiency.")
    return sentences


def exit_code(findings: list[Finding]) -> int:
    """0 when all is well, 2 for a wrong file, 3 for a wrong instrument."""
    return max((code for finding in findings for code, _ in finding.problems), default=0)


def _examine(role: Role, entry: InstrumentEntry, finding: Finding) -> None:
    import pyvisa

    try:
        driver = driver_class(role, entry)
        adapter_options(role, entry)
    except InputError as error:
        finding.problems.append((WRONG_FILE, str(error)))
        return
    asked = ""
    try:
        with questions(finding.address, driver, entry.init) as ask:

            def put(query: str) -> str:
                nonlocal asked
                asked = query
                return ask(query)

            known = introduction_of(driver)
            finding.identity = known.identify(put)
            if _compare(finding, known.knows(finding.identity), driver):
                finding.limits = known.limits(put)
                found = known.obstacles(put)
                finding.problems += [(WRONG_INSTRUMENT, f"{obstacle}.") for obstacle in found]
    except (pyvisa.errors.Error, OSError, ValueError, LookupError, InstrumentError) as error:
        reason: Any = (str(error) or type(error).__name__).splitlines()[0]
        what = f"does not answer to {asked}" if asked else "cannot be reached"
        finding.problems.append(
            (
                WRONG_INSTRUMENT,
                f"{what} ({reason}). Check its power, its cable and the address in the rig file.",
            )
        )


def _compare(finding: Finding, known: bool, driver: type) -> bool:
    """Write down what differs from the expected; tell whether driver and instrument fit."""
    found = finding.identity
    assert found is not None
    if not known:
        finding.problems.append(
            (
                WRONG_INSTRUMENT,
                f"is a {found.vendor} {found.model}, which is no instrument of "
                f"{driver.__name__}. Check the address, or correct 'type'.",
            )
        )
    expected = finding.expected_model
    if expected is not None and expected.lower() != found.model.lower():
        finding.problems.append(
            (
                WRONG_INSTRUMENT,
                f"is model {found.model!r}, expected {expected!r}. Check the address, or correct "
                "'model'.",
            )
        )
    expected = finding.expected_firmware
    if expected is not None and found.firmware != expected:
        finding.problems.append(
            (
                WRONG_INSTRUMENT,
                f"has firmware {found.firmware!r}, expected {expected!r}. Read what has changed, "
                "then correct 'firmware'.",
            )
        )
    return known
