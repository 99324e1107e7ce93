"""audiokit.services: the providers that are built in keep the contracts."""

from __future__ import annotations

from importlib import import_module
from inspect import Parameter, isfunction, signature

import pytest

from audiokit import services
from audiokit.providers.elevenlabs.professional import ProfessionalClone
from audiokit.registry import BUILT_IN

CONTRACTS = {
    "voices": services.VoiceService,
    "account": services.Account,
    "design": services.VoiceDesigner,
    "professional": services.ProfessionalCloner,
}
KEEPERS = [
    (contract, place) for kind, contract in CONTRACTS.items() for place in BUILT_IN[kind].values()
] + [(services.ProfessionalJob, f"{ProfessionalClone.__module__}:ProfessionalClone")]  # fmt: skip


@pytest.mark.parametrize(("contract", "place"), KEEPERS)
def test_a_provider_has_every_method_with_its_parameters(contract: type, place: str) -> None:
    module, _, name = place.partition(":")
    keeper = getattr(import_module(module), name)
    promised = {name: method for name, method in vars(contract).items() if isfunction(method) and name[0] != "_"}
    assert promised
    for name, method in promised.items():
        taken = signature(getattr(keeper, name)).parameters
        for parameter in signature(method).parameters.values():
            assert parameter.name in taken, f"{name} does not take {parameter.name}"
            if parameter.kind is Parameter.POSITIONAL_OR_KEYWORD:
                assert taken[parameter.name].kind is parameter.kind
