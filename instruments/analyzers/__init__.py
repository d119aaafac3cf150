"""What looks at signals, as roles: spectrum and network analyzers, lock-ins, power meters."""
