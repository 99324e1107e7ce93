"""Talking with an agent that somebody else hosts, as if it were ours."""
