"""The models that are asked when none is chosen.

As of 2026-11-21, from the vendors' SDKs of that day. Vendors take models out of service (see `retired.py`), so every
provider has a setting `model`, and this is the one place of the default names. `speech/cost.py` and `prices.toml` know
them for what they cost.
"""

from __future__ import annotations

ANTHROPIC_CHAT = "claude-haiku-5-5"
"""The quickest to begin: in a conversation that counts more than depth."""
DEEPGRAM = "nova-3"
"""Recognizes while it hears; `flux-general-en` also says when the speaker's turn is over."""
ELEVENLABS_LIVE = "scribe_v2_realtime"
ELEVENLABS_PROFESSIONAL = "eleven_multilingual_v2"
"""What professional clones are trained for."""
ELEVENLABS_RECORDINGS = "scribe_v2"
ELEVENLABS_SPEECH = "eleven_flash_v2_5"
"""The soonest to sound."""
OPENAI_CHAT = "gpt-6-luna"
OPENAI_SPEECH = "gpt-4o-mini-tts"
"""The last one that speaks over HTTP: what OpenAI names in its place speaks over its Realtime API only."""
OPENAI_TRANSCRIPTION = "gpt-transcribe"
