"""What the lab has: roles, drivers for real instruments, and a virtual lab on the wire."""
