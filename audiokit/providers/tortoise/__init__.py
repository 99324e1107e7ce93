"""Tortoise on this machine, as the package coqui-tts carries it: slow, and close to the voice it hears."""
