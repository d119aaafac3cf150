"""Nonreciprocity from one record per direction: the calibration's error is common and cancels."""

from __future__ import annotations

from typing import Literal

import numpy as np

from phonosync.analysis.nonreciprocity.contrast import Nonreciprocity, nonreciprocity
from phonosync.analysis.records.moments import Variance
from phonosync.analysis.records.record import PhaseRecord
from phonosync.analysis.statistics.interval import SIGMAS_95
from phonosync.theory.errors import InputError


def record_contrast(
    forward: PhaseRecord,
    backward: PhaseRecord,
    *,
    measure: Literal["complete", "phase", "phi"] = "complete",
) -> Nonreciprocity:
    """Contrast and isolation of two records that were taken with the same calibration.

    With X = 1/S the covariance of (X₊, X₋) is that of the finite records on its diagonal, and the
    calibrations' δδᵀ everywhere. One calibration of both channels scales X₊ and X₋ alike and leaves
    the contrast alone; of one each, only their disagreement counts.

    Args:
        forward, backward: of directions +1 and −1, analysed with the same calibrations.
        measure: which S.

    Raises:
        InputError: a record without this measure, or of which it has a lower limit only.
    """
    found: list[Variance] = []
    for name, record in (("forward", forward), ("backward", backward)):
        variance = None if record.moments is None else getattr(record.moments, measure)
        if variance is None or np.isnan(variance.S.value):
            raise InputError(
                f"the {name} record has no {measure} synchronization with an interval; see its "
                "notes."
            )
        found.append(variance)
    # Student's quantiles as if they were normal ones of larger errors.
    errors = [one.error * one.quantile / SIGMAS_95 for one in found]
    X = np.array([one.X for one in found])
    relative = np.array([one.common for one in found]) / X[:, None]
    # A factor on both directions does not move the contrast: what is left is their disagreement.
    common = (relative - relative.mean(axis=0)) * X[:, None]
    covariance = np.diag(np.square(errors)) + common @ common.T
    # S = 1/X has the contrast of the X with their directions exchanged.
    return nonreciprocity(float(X[1]), float(X[0]), covariance[::-1, ::-1])
