"""What sends light or microwaves either way, as a role, and how it is wired."""
