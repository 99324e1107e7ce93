"""OpenAI, and every server that speaks its protocol: language models, speech, transcripts."""
