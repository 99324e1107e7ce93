"""Editing: steps one behind the other, from recordings or from memory, into a file or into memory."""
