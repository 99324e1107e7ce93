"""Speech from text: sentences, the cache, fallbacks, long texts, what it costs."""
