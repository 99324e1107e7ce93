"""The languages that clients speak: each turns bytes into inputs and events into bytes, and does nothing else."""
