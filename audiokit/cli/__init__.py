"""The shell's side of the house: options, one call, a printed result."""
