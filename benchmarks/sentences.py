"""Endless plain talk for synthetic podcasts: sentences of 30 to 200 characters from a few patterns."""

from __future__ import annotations

import random

WORDS = {
    "who": (
        "my neighbour", "the old baker", "a friend from the harbour", "our teacher", "the woman at the market",
        "his younger brother", "the man who repairs clocks", "one of the gardeners", "a student of mine",
        "the driver of the night bus", "her grandmother", "the new librarian",
    ),
    "did": (
        "built", "painted", "carried home", "forgot", "found", "borrowed", "took apart", "described", "sold",
        "kept", "measured", "cleaned",
    ),
    "thing": (
        "a small wooden boat", "the last box of apples", "an iron kettle", "three chairs", "a bicycle without a bell",
        "the map of the valley", "a very good lamp", "two letters", "the tall ladder", "a radio from the attic",
        "the blue door", "a basket of wet stones",
    ),
    "where": (
        "behind the school", "near the river", "in the middle of the square", "on the roof", "under the bridge",
        "at the end of the road", "in a cold kitchen", "by the window", "beside the railway", "at the edge of the wood",
    ),
    "when": (
        "last winter", "early in the morning", "on a Thursday", "just before the rain", "many years ago",
        "after supper", "in the second week of May", "when nobody was looking", "as soon as the shop opened",
    ),
    "why": (
        "because the price had gone up again", "because nobody had asked", "so that the children could sleep",
        "since there was no other way", "because it was simply too heavy", "so that we would remember it",
    ),
    "judge": (
        "I think", "to be honest", "as far as I know", "people say", "I would guess", "if I remember well",
        "believe it or not",
    ),
}  # fmt: skip

PATTERNS = (
    "{who} {did} {thing} {where}.",
    "{when}, {who} {did} {thing}.",
    "{judge}, {who} never {did} {thing} {where}.",
    "{who} {did} {thing} {when}, {why}.",
    "was it really {who} who {did} {thing}?",
    "{judge}, it happened {when}, {where}, and {who} {did} {thing}.",
    "{who} {did} {thing}, and {who} {did} {thing} {where}, {why}.",
    "first {who} {did} {thing}; then, {when}, {who} {did} {thing}.",
    "not {thing}, but {thing}.",
    "{when} we sat {where}, {who} told us about {thing}, and {judge} that was the best part of the day.",
    "that makes twenty-four of them, {judge}, {why}.",
    "{why}, {who} {did} {thing} {where} {when}.",
)


def sentence(rng: random.Random) -> str:
    """Make up one sentence."""
    pattern = rng.choice(PATTERNS)
    for slot, words in WORDS.items():
        mark = "{" + slot + "}"
        while mark in pattern:
            pattern = pattern.replace(mark, rng.choice(words), 1)
    return pattern[0].upper() + pattern[1:]
