"""What virtual instruments share: a server, the grammar of SCPI, status and error queue."""
