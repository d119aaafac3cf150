"""Seeded faults over all virtual instruments: nothing hangs, nothing wrong passes for data.

    python benchmarks/faults.py [--faults 500] [--first 0] [--roles laser magnet] [--models ami430]

Every fault strikes one instrument on its wire while it plays its role (see
phonosync.experiments.faults.trials). Printed: for every model how many faults did no harm and how
many were told in a message that names instrument and command, and every trial that went wrong.
Exit code 1 if one did.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections import Counter

from phonosync.experiments.faults.trials import Outcome, Stage, Trial
from phonosync.instruments.virtual.catalogue import MODELS
from phonosync.instruments.virtual.faults import Kind


def strike(stage: Stage, count: int, first: int) -> list[Trial]:
    """Let so many faults strike; a seed whose fault finds no occasion is not counted."""
    trials: list[Trial] = []
    seed = first
    while len(trials) < count:
        trial = stage.try_fault(seed)
        seed += 1
        if trial.outcome is not Outcome.NOT_STRUCK:
            trials.append(trial)
    return trials


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--roles", nargs="*", default=list(MODELS))
    parser.add_argument("--models", nargs="*", default=None)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    stages = [
        (role, model)
        for role in arguments.roles
        for model in MODELS[role]
        if arguments.models is None or model in arguments.models
    ]
    share, rest = divmod(arguments.faults, len(stages))
    trials: list[Trial] = []
    print(f"{'role':<18} {'model':<14} faults  unharmed  told  bad  slowest/s")
    for position, (role, model) in enumerate(stages):
        found = strike(Stage(role, model), share + (position < rest), arguments.first)
        trials += found
        outcomes = Counter(trial.outcome for trial in found)
        bad = [trial for trial in found if trial.outcome.bad]
        print(
            f"{role:<18} {model:<14} {len(found):6d}  {outcomes[Outcome.UNHARMED]:8d}  "
            f"{outcomes[Outcome.TOLD]:4d}  {len(bad):3d}  "
            f"{max(trial.duration_s for trial in found):9.1f}",
            flush=True,
        )
        for trial in bad:
            print(f"    seed {trial.seed}, {trial.fault}: {trial.outcome}:", trial.said, flush=True)
    print(f"\n{'kind of fault':<28} faults  unharmed  told  bad")
    for kind in Kind:
        struck = [trial.outcome for trial in trials if trial.fault and trial.fault.kind is kind]
        print(
            f"{kind:<28} {len(struck):6d}  {struck.count(Outcome.UNHARMED):8d}  "
            f"{struck.count(Outcome.TOLD):4d}  {sum(outcome.bad for outcome in struck):3d}"
        )
    sys.exit(any(trial.outcome.bad for trial in trials))


if __name__ == "__main__":
    main()
