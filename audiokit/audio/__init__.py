"""Audio in memory, in files, in streams."""
