"""ElevenLabs: voices, speech and recognition, by its SDK, and by its WebSockets where it is live."""
