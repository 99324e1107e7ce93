"""Training scripts that go out with an export: they need their trainer, and nothing of audiokit."""
