"""Signal processing on samples: pure functions and small streaming filters."""
