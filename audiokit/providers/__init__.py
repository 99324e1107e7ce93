"""Vendors and engines, one module or folder each; reached through the registry only."""
