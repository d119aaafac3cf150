"""A lab without hardware: one bench, and instruments that answer SCPI on local sockets."""
