"""Models by name, from where Coqui's own list says they are; a licence is accepted by the user or not at all."""

from __future__ import annotations

import shutil
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from audiokit.disk import whole_file
from audiokit.errors import ConfigError, ProviderUnavailable
from audiokit.progress import SILENT, Progress
from audiokit.providers.coqui.download_progress import downloads_told
from audiokit.providers.coqui.files import ModelFiles
from audiokit.providers.coqui.package import importing

AGREEMENT = "tos_agreed.txt"  # Coqui's own record, which its command line looks for too
AGREED = "I have read, understood and agreed to the Terms and Conditions."


def download(name: str, *, accept_licence: bool = False, progress: Progress = SILENT) -> ModelFiles:
    """Give a model of Coqui's list, from its cache or from the network.

    The cache is Coqui's own (`TTS_HOME`, else the system's place for a user's data) and the Hugging Face hub's.

    Parameters
    ----------
    name : such as "tts_models/de/thorsten/vits", or its last part where only one model has it: "xtts_v2".
    accept_licence : the user accepts the licence, where one asks for that.
    progress : called with the model's name and bytes, done and in all.

    Raises
    ------
    ConfigError : no such model, or a licence that nobody accepted.
    ProviderUnavailable : the network or its hub does not answer.
    """
    with importing():
        from TTS.utils.manage import ModelManager

    manager = ModelManager(progress_bar=True)
    manager.print_model_license = lambda model_item: None  # it would go to stdout, which is for results
    full_name = _full_name(name, manager.models_dict)
    agreed = _check_licence(manager, full_name, accepted=accept_licence)
    checkpoint, config, item = _fetched(manager, full_name, progress)
    if not agreed:
        _note_agreement(_folder(manager, full_name))
    vocoder = vocoder_config = None
    if item.get("default_vocoder"):
        vocoder, vocoder_config, _ = _fetched(manager, item["default_vocoder"], progress)
    return ModelFiles(
        name=full_name, checkpoint=checkpoint, config=config, vocoder=vocoder, vocoder_config=vocoder_config
    )


def _full_name(name: str, listed: dict[str, Any]) -> str:
    """Complete a name, or refuse it with the one that was probably meant."""
    names = [
        f"tts_models/{language}/{dataset}/{model}"
        for language, datasets in listed["tts_models"].items()
        for dataset, models in datasets.items()
        for model in models
    ]
    if name in names or ("/fairseq/" in name and name.count("/") == 3):
        return name
    ending = [full for full in names if full.endswith(f"/{name}")]
    if len(ending) == 1:
        return ending[0]
    if ending:
        raise ConfigError(f"Coqui has several models {name!r}: {', '.join(ending[:4])} ... Name one of them in full.")
    nearest = get_close_matches(name, [*names, *(full.rpartition("/")[2] for full in names)], n=1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise ConfigError(
        f"no model {name!r}: it is neither a path on this machine nor in Coqui's list of {len(names)}.{hint} "
        "The list: tts --list_models"
    )


def _check_licence(manager: Any, full_name: str, *, accepted: bool) -> bool:
    """Refuse weights whose licence wants to be accepted, until the user does; tell whether that was noted before."""
    from TTS.utils.manage import LICENSE_URLS

    item, _, _ = manager._set_model_item(full_name)
    if manager.tos_agreed(item, _folder(manager, full_name)):
        return True
    if not accepted:
        licence = str(item.get("license", "a licence of its own"))
        raise ConfigError(
            f"the weights of {full_name} come under the licence {licence}, for non-commercial use: "
            f"{LICENSE_URLS.get(licence.lower(), '')}. Read it; if you accept it, say so with the setting "
            "accept_licence, or with COQUI_TOS_AGREED=1 in the environment. A model of your own needs neither."
        )
    manager.tos_agreed = lambda item, folder: True  # in this manager only: it would ask on the terminal
    return False


def _note_agreement(folder: Path) -> None:
    """Note that the user accepted the licence, where and as Coqui does."""
    with whole_file(folder / AGREEMENT) as part:
        part.write_text(AGREED, "utf-8")


def _fetched(manager: Any, full_name: str, progress: Progress) -> tuple[Path, Path, dict[str, Any]]:
    folder = _folder(manager, full_name)
    if folder.is_dir() and not any(folder.rglob("*.pth*")) and not (folder / AGREEMENT).exists():
        shutil.rmtree(folder)  # of a download that was killed; Coqui takes any folder for a finished one
    try:
        with downloads_told(progress, full_name.rpartition("/")[2]):
            checkpoint, config, item = manager.download_model(full_name)
    except (OSError, ValueError, RuntimeError, BadZipFile) as error:  # requests' and the hub's errors are OSErrors
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ProviderUnavailable(
            f"{full_name} is not on this machine and cannot be downloaded: {reason}. Try again with a network, or copy "
            "the model here and give its folder as the model.",
            provider="coqui",
            retryable=True,
        ) from error
    return Path(checkpoint), Path(config), dict(item)


def _folder(manager: Any, full_name: str) -> Path:
    """Name the folder of a model in Coqui's cache; the hub's models have only the agreement there."""
    return Path(manager.output_prefix) / full_name.replace("/", "--")
