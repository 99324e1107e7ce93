"""What works on this machine, what does not, and what mends it.

`settings` and `toml_text` are what `audiokit config` shows and writes: where a setting comes from is half of what ails.
"""
