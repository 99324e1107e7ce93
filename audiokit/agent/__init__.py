"""A voice that listens and answers: turn taking, streaming replies, interruption, failures, measurements."""
