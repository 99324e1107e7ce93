"""audiokit: from a folder of recordings to a voice that talks back."""

from __future__ import annotations
