"""From recordings to a voice: samples, consent, the book of voices, judging a clone."""
