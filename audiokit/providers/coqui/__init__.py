"""Coqui's models on this machine, by the package coqui-tts: XTTS, which clones a voice, and every other one by name."""
