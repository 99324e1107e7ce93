"""A brain of rules, for an agent without key, network or language model; it says so itself."""
