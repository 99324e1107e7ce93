"""`python -m audiokit` is the command `audiokit`."""

from __future__ import annotations

from audiokit.cli.main import main

if __name__ == "__main__":  # a spawned worker imports this file again under another name
    main()
