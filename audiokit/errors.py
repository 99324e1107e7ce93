"""Every error that a user of audiokit can cause or meet.

AudiokitError                     exit 1
├── UsageError                    exit 2   words of the command line that cannot be meant
├── AudioFileError                exit 3   a recording that cannot be read or written
├── SampleError                   exit 3   recordings unfit for a voice clone
├── DatasetError                  exit 3   a dataset that cannot be made, opened or continued
├── ConfigError                   exit 4   a setting that is missing or wrong
│   └── MissingKeyError           exit 4
├── MissingDependencyError        exit 6   also an ImportError; the message is the pip line
├── CacheError                    exit 1
└── ProviderError                 exit 5   a vendor refused or failed
    ├── AuthenticationError       exit 4   the key, as if there were none
    ├── RateLimitError            exit 8   knows when to come back
    ├── QuotaError                exit 7   nothing left to spend
    │   └── VoiceLimitError       exit 9   no slot left for another voice
    ├── VoiceNotFoundError        the provider, or the book, has no such voice
    ├── ProviderTimeout
    └── ProviderUnavailable
"""

from __future__ import annotations

from typing import ClassVar


class AudiokitError(Exception):
    """Something a user can mend; the message says what was found, what was expected and what to do."""

    exit_code: ClassVar[int] = 1

    def __reduce__(self) -> tuple[object, ...]:
        """Travel whole from a worker process: exceptions are else made by a call that knows no keywords."""
        return _made_anew, (type(self), self.args), self.__dict__


def _made_anew(kind: type[AudiokitError], words: tuple[object, ...]) -> AudiokitError:
    """Give an error without its `__init__`, which would ask for more than its words; pickle fills in the rest."""
    return kind.__new__(kind, *words)


class UsageError(AudiokitError):
    """The call itself cannot be meant."""

    exit_code = 2


class AudioFileError(AudiokitError):
    """A recording that cannot be read or written.

    Parameters
    ----------
    message : what was found, what was expected, what to do.
    reason : one word or two for tables and manifests: "unreadable", "empty", "not audio", "no audio stream",
        "protected", "truncated", "silent", "too short", "missing", "cannot write".
    """

    exit_code = 3

    def __init__(self, message: str, *, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class SampleError(AudiokitError):
    """Recordings that do not meet a provider's requirements."""

    exit_code = 3


class DatasetError(AudiokitError):
    """A dataset that cannot be made, opened or continued."""

    exit_code = 3


class ConfigError(AudiokitError):
    """A setting that is missing or wrong."""

    exit_code = 4


class MissingKeyError(ConfigError):
    """A provider needs a key and none was found."""


class MissingDependencyError(AudiokitError, ImportError):
    """An optional package is not installed; the message carries the line that installs it."""

    exit_code = 6

    def __init__(self, what: str, *, extra: str) -> None:
        super().__init__(f"{what} is not installed. Install it with: pip install 'audiokit[{extra}]'")
        self.extra = extra


class CacheError(AudiokitError):
    """A cache that cannot be used."""


class ProviderError(AudiokitError):
    """A vendor's service refused or failed.

    Parameters
    ----------
    message : what happened, without any key.
    provider : the provider's name.
    status : HTTP status or WebSocket close code, if there was one.
    retryable : whether the same request may succeed later.
    request_id : the vendor's own name for the request, for its support desk.
    """

    exit_code = 5

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        status: int | None = None,
        retryable: bool = False,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.status = status
        self.retryable = retryable
        self.is_passing = retryable
        """Whether the fault itself may be over later, even where a repetition would give something twice."""
        self.request_id = request_id


class AuthenticationError(ProviderError):
    """The key was refused."""

    exit_code = 4


class RateLimitError(ProviderError):
    """Too many requests; `retry_after_s` says when to come back, if the vendor told."""

    exit_code = 8

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        status: int | None = 429,
        request_id: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, provider=provider, status=status, retryable=True, request_id=request_id)
        self.retry_after_s = retry_after_s


class QuotaError(ProviderError):
    """The account has nothing left to spend."""

    exit_code = 7


class VoiceLimitError(QuotaError):
    """The account has no slot left for another voice."""

    exit_code = 9


class VoiceNotFoundError(ProviderError):
    """The provider has no such voice; or, with an empty `provider`, the book of voices on this machine."""


class ProviderTimeout(ProviderError):  # noqa: N818  the field says "timeout", not "timeout error"
    """The vendor did not answer in time."""


class ProviderUnavailable(ProviderError):  # noqa: N818
    """The vendor cannot be reached or is overloaded."""
