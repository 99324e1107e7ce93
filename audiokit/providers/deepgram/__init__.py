"""Deepgram: speech recognition."""
