"""Plans that come with the package; see phonosync.experiments.plan.plan."""
