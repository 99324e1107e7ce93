"""Whether Deepgram takes the key."""

from __future__ import annotations

from importlib.util import find_spec

from audiokit import config
from audiokit.errors import MissingDependencyError, ProviderError
from audiokit.providers.deepgram.errors import refusal, translated_http
from audiokit.providers.refusals import not_permitted

ANSWER_S = 10.0


class DeepgramKey:
    """The key of `DEEPGRAM_API_KEY`.

    Parameters
    ----------
    base_url : None is `DEEPGRAM_BASE_URL`, the configuration file's, or Deepgram itself.

    Raises
    ------
    ConfigError : an address that a key may not go to.
    MissingKeyError : no `DEEPGRAM_API_KEY`.
    MissingDependencyError : Deepgram's SDK, which brings the HTTP library, is not installed.
    """

    def __init__(self, *, base_url: str | None = None) -> None:
        if find_spec("httpx") is None:
            raise MissingDependencyError("Deepgram's SDK (deepgram-sdk)", extra="agent")
        self._base_url = config.base_url("deepgram", base_url)
        self._key = config.key("deepgram") or config.Key("")

    async def check(self) -> str:
        """List the projects, which costs nothing; name them.

        Raises
        ------
        ProviderError : or one below it: AuthenticationError if the key is refused.
        """
        try:
            return await self._projects()
        except ProviderError as error:
            return not_permitted(error)

    async def _projects(self) -> str:
        import httpx

        headers = {"Authorization": f"Token {self._key.secret}"}
        with translated_http():
            async with httpx.AsyncClient(timeout=ANSWER_S) as line:
                answer = await line.get(f"{self._base_url}/v1/projects", headers=headers)
            if answer.status_code != 200:
                raise refusal(answer.status_code, answer.headers, answer.content).error(self._key.secret)
            names = ", ".join(str(project["name"]) for project in answer.json()["projects"])
            return f"project {names}" if names else "no project"
