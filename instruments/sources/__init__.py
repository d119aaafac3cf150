"""What drives a device, as roles: lasers and microwave sources."""
