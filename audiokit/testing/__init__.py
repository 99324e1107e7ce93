"""For tests of your own agent or provider: a clock that jumps, services by script, conversations to read.

A whole test of an agent, in a file of your own:

    import pytest
    from audiokit.testing.scenario import read, run

    @pytest.mark.parametrize("scenario", read("conversations.yaml"), ids=lambda scenario: scenario.name)
    def test_conversation(scenario):
        run(scenario)

`clock.run(coroutine)` runs anything on virtual time; `providers` has services that understand, think and speak by
script, late or broken when they are told; `people` has a user and a listener; `spoken` is the language they share.
`promises` checks a provider of your own against `audiokit.contracts`.
"""
