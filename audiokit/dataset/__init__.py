"""From recordings to a dataset of clips."""
