"""What the vendor says of a professional clone, read from the SDK's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from audiokit.providers.elevenlabs.errors import told
from audiokit.providers.elevenlabs.professional_state import Plan, SampleSeen, Seen

if TYPE_CHECKING:
    from elevenlabs import ElevenLabs


def look(client: ElevenLabs, plan: Plan) -> Seen:
    """Ask how far the voice of a plan is."""
    if not plan.voice_id:
        return Seen()
    voice: Any = client.voices.get(plan.voice_id)
    training, verification = voice.fine_tuning, voice.voice_verification
    share = _of_model(training and training.progress, plan)
    return Seen(
        exists=True,
        samples=tuple(_sample(client, plan, sample) for sample in voice.samples or ()),
        verified=bool(verification and verification.is_verified),
        manual_verification=bool(training and training.manual_verification_requested),
        training=str(_of_model(training and training.state, plan) or "not_started"),
        training_share=float(share) if isinstance(share, int | float) else 0.0,
        message=str(_of_model(training and training.message, plan) or ""),
    )


def separation_of(client: ElevenLabs, plan: Plan, sample_id: str) -> Any:
    """Ask who speaks in a sample."""
    return client.voices.pvc.samples.speakers.get(plan.voice_id, sample_id)


def _sample(client: ElevenLabs, plan: Plan, sample: Any) -> SampleSeen:
    sample_id = told(sample, "sample_id")
    separation = separation_of(client, plan, sample_id) if plan.separate else None
    return SampleSeen(
        sample_id=sample_id,
        name=sample.file_name or "",
        separation=str(separation.status) if separation else "not_started",
        chosen=bool(separation and separation.selected_speaker_ids),
    )


def _of_model(values: Mapping[str, object] | None, plan: Plan) -> object:
    return (values or {}).get(plan.model)
