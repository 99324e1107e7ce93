"""One run of `prep`: what is done already, what is left, and the finished folder."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from audiokit.dataset.before import Before
from audiokit.dataset.clip import Clip
from audiokit.dataset.clip_pass import Judge
from audiokit.dataset.duplicates import Duplicates
from audiokit.dataset.engine import Engine
from audiokit.dataset.journal import Journal
from audiokit.dataset.judge import refusals
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Source, kept_recordings
from audiokit.dataset.planned import Planned
from audiokit.dataset.pool import Answer, as_raised
from audiokit.dataset.reviews import drop_parked, read_reviews, refuse_by_hand, write_by_hand
from audiokit.dataset.scan import Found, source_id
from audiokit.dataset.select import select
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.sounds import Sounds
from audiokit.dataset.transcripts import Transcripts
from audiokit.dataset.voices import Voices
from audiokit.dataset.write import write_dataset
from audiokit.errors import AudioFileError, DatasetError
from audiokit.progress import SILENT, Progress

logger = logging.getLogger(__name__)

_CLIP_NAME = re.compile(r"[a-z0-9-]+-[0-9a-f]{8}-\d{8,}\.(wav|flac)")  # as `recording` and `source_id` name them
VOID: dict[str, Any] = {"void": True}
"""What the journal holds of clips that were overwritten."""


@dataclass(slots=True, kw_only=True)
class Preparation:
    """One run of `prepare`, holding the dataset's lock."""

    layout: Layout
    settings: PrepSettings
    pool: Engine
    journal: Journal
    strict: bool = False
    dry_run: bool = False
    progress: Progress = SILENT
    used: set[tuple[str, str]] = field(default_factory=set)
    unsettled: dict[str, Answer] = field(default_factory=dict)
    judges: tuple[Judge, ...] = field(init=False)
    texts: Transcripts = field(init=False)

    def __post_init__(self) -> None:
        given = (self.layout, self.settings, self.pool, self.journal, self._checked)
        duplicates = Duplicates(*given)  # the last: the copy that stays is one that all others keep
        self.texts = Transcripts(*given, duplicates)
        self.judges = (Voices(*given), Sounds(*given), self.texts, duplicates)

    def make(self, found: Sequence[Found]) -> None:
        """Do it all, from files to the finished dataset."""
        plans = self.plan(found)
        self._refuse_other_recordings(plans)
        if self._check_providers(sum(plan.action == "prepare" for plan in plans)):
            plans = self._with_lost(plans)
        self.layout.unfinished.touch()
        self.cut(plans)
        clips = self.texts.flagged(self.listen(plans), self.progress)
        clips = write_by_hand(clips, read_reviews(self.layout))
        self.finish(plans, self.sources(plans, clips), clips)

    def plan(self, found: Sequence[Found]) -> list[Planned]:
        """Look at every file once: is it sound, is it another's twin, is it done?"""
        answers: dict[int, Answer] = {index: row for index, file in enumerate(found) if (row := self._probed(file))}
        asked = [index for index in range(len(found)) if index not in answers]
        expected_s = 0.0
        for at, answer in self.pool.run([self._probe_task(found[index]) for index in asked]):
            file = found[asked[at]]
            answers[asked[at]] = self._checked(answer, file.name)
            if file.mark and "result" in answer and not self.dry_run:
                self.journal.add("probe", f"{file.name} {file.mark}", answer["result"])
            expected_s += answer.get("result", {}).get("expected_s") or 0.0
            self.progress("looking", expected_s, 0)
        plans: list[Planned] = []
        first: dict[str, Found] = {}
        for index, file in enumerate(found):
            plans.append(self._planned(file, answers[index], first))
        return self._with_lost(plans)

    def _probe_task(self, file: Found) -> dict[str, Any]:
        return _task("probe", file.name, path=file.place, stall_s=self.settings.stall_s)

    def _probed(self, file: Found) -> Answer | None:
        """Give what an earlier run found out about a file that has not changed behind its address."""
        self.used.add(("probe", f"{file.name} {file.mark}"))
        known = self.journal.get("probe", f"{file.name} {file.mark}")
        return known and {"result": known}

    def _planned(self, file: Found, answer: Answer, first: dict[str, Found]) -> Planned:
        if "error" in answer:
            return Planned(
                name=file.name, place=file.place, action="skip", reason=answer["reason"], message=answer["error"],
                passing=answer.get("passing", False),
            )  # fmt: skip
        probed = answer["result"]
        sha256 = probed["sha256"]
        twin = first.setdefault(sha256, file)
        plan = Planned(
            name=file.name, place=file.place, action="prepare", id=source_id(file.name, sha256), sha256=sha256,
            expected_s=probed["expected_s"] or 0.0,
        )  # fmt: skip
        if twin is not file:
            return replace(
                plan, action="skip", reason="duplicate", message=f"{file.name}: the same recording as {twin.name}"
            )
        entry = self.journal.get("clips", self._clips_key(plan))
        return replace(plan, action="done") if entry and entry != VOID else plan

    def _with_lost(self, plans: Sequence[Planned]) -> list[Planned]:
        """Prepare anew what is done but for clips that are wanted or to be heard now, and do not lie there."""
        done = [plan for plan in plans if plan.action == "done"]
        clips, unheard = self._judged(done, ()), list[Clip]()
        for judge in self.judges:
            unheard += judge.lacking(clips)
            clips = judge.judged(clips)
        if all(plan.action != "prepare" for plan in plans):
            clips = select(clips, self.settings.target_minutes)
        files = {row["id"]: row["file"] for plan in done for row in self._entry(plan).get("clips", ())}
        needed = (clip for clip in (*clips, *unheard) if clip.kept)
        lost = {clip.source for clip in needed if not _lies(self.layout.clips, files[clip.id])}
        for plan in plans:
            if self.strict and plan.action == "done" and "error" in self._entry(plan):
                raise AudioFileError(self._entry(plan)["error"], reason=self._entry(plan)["reason"])
        return [replace(plan, action="prepare") if plan.name in lost else plan for plan in plans]

    def _refuse_other_recordings(self, plans: Sequence[Planned]) -> None:
        """Keep a dataset from being swept away by a command that names none of its recordings."""
        before = kept_recordings(self.layout)
        here = {plan.sha256 for plan in plans} | {plan.name for plan in plans if plan.passing}
        gone = [name for sha256, name in before.items() if sha256 not in here and name not in here]
        if gone and len(gone) == len(before):
            raise DatasetError(
                f"{self.layout.root} was made from other recordings ({', '.join(sorted(gone)[:3])} ...), none of which "
                "is named now. Name another OUT, or delete this one."
            )
        if gone:
            logger.warning("not named any more, their clips are removed: %s", ", ".join(sorted(gone)))

    def _check_providers(self, todo: int) -> bool:
        """Open detector and recognizers before hours of work; tell whether a recognizer is a new one.

        Every worker that goes on with the recordings opens its own, all at once: one after the other would cost two
        cores 2 % of their time.
        """
        is_new = False
        task = _task("check", "settings", settings=self.settings.to_json())
        for _, answer in self.pool.run([task] * max(1, min(self.pool.lasting_workers, todo))):
            self._checked(answer, "settings")
            if "error" in answer:
                raise DatasetError(f"detector or recognizer cannot be opened: {answer['error']}")
            is_new |= self.texts.meet(answer["result"]["recognizers"])
        return is_new

    def cut(self, plans: Sequence[Planned]) -> None:
        """Prepare what is not done, a journal line each."""
        todo = [plan for plan in plans if plan.action == "prepare"]
        self._tell_changes(plans, len(todo))
        self._void(todo)
        expected = [plan.expected_s for plan in todo]
        done = [0.0] * len(todo)

        def tell(index: int, done_s: float) -> None:
            done[index] = min(done_s, expected[index] or done_s)
            self.progress("preparing", sum(done), sum(expected))

        for index, answer in self.pool.run([self._prepare_task(plan) for plan in todo], tell):
            self._keep(todo[index], self._checked(answer, todo[index].name))
            tell(index, expected[index])

    def _void(self, todo: Sequence[Planned]) -> None:
        """Take back what the journal says of clips cut with other settings: the new ones will have their names."""
        keys: dict[str, list[str]] = defaultdict(list)
        for key in self.journal.keys("clips"):
            keys[":".join(key.split(":")[:2])].append(key)
        for plan in todo:
            for key in keys[f"{plan.sha256}:{plan.id}"]:
                if self.journal["clips", key] != VOID:
                    self.journal.add("clips", key, VOID)

    def _keep(self, plan: Planned, answer: Answer) -> None:
        """Note what became of a recording; what a crash or the system left open is tried again by the next run."""
        if answer.get("reason") == "crashed" or answer.get("passing"):
            self.unsettled[plan.id] = answer
        else:
            entry = answer.get("result") or {"error": answer["error"], "reason": answer["reason"]}
            self.journal.add("clips", self._clips_key(plan), entry)

    def _prepare_task(self, plan: Planned) -> dict[str, Any]:
        heard = self.layout.heard / self._heard_name(plan)
        return _task(
            "prepare", plan.name, path=plan.place, sha256=plan.sha256, id=plan.id, heard=str(heard),
            clips=str(self.layout.clips), work=str(self.layout.work), settings=self.settings.to_json(),
            stall_s=self.settings.stall_s,
        )  # fmt: skip

    def _judged(self, plans: Sequence[Planned], judges: Sequence[Judge]) -> list[Clip]:
        """Collect the clips, judged by their numbers, by hand, and by the `judges` as far as these have heard them."""
        clips = [_clip(plan, row, self.settings) for plan in plans for row in self._entry(plan).get("clips", ())]
        clips = refuse_by_hand(clips, read_reviews(self.layout))
        for judge in judges:
            clips = judge.judged(clips)
        return clips

    def listen(self, plans: Sequence[Planned]) -> list[Clip]:
        """Let the judges hear the clips of all recordings; give them as judged and selected.

        What is wanted after a judge has heard them, and was dropped by an earlier run, is cut again.
        """
        done = [replace(plan, action="done") if plan.action == "prepare" else plan for plan in plans]
        clips = self._judged(plans, ())
        for at, judge in enumerate(self.judges):
            while judge.hear(clips, self.progress):
                self.cut(self._with_lost(done))
                clips = self._judged(plans, self.judges[:at])
            clips = judge.judged(clips)
        self.used.update(*(judge.used for judge in self.judges))
        return select(clips, self.settings.target_minutes)

    def sources(self, plans: Sequence[Planned], clips: Sequence[Clip]) -> list[Source]:
        """Make a row for every recording that was given."""
        of_source: dict[str, list[Clip]] = defaultdict(list)
        for clip in clips:
            of_source[clip.source].append(clip)
        return [self._source(plan, of_source[plan.name]) for plan in plans]

    def _source(self, plan: Planned, clips: Sequence[Clip]) -> Source:
        if plan.action == "skip":
            return Source(name=plan.name, id="", sha256=plan.sha256, skipped=plan.reason, message=plan.message)
        entry = self._entry(plan)
        if "error" in entry:
            return Source(
                name=plan.name, id=plan.id, sha256=plan.sha256, skipped=entry["reason"], message=entry["error"]
            )
        row = dict(entry["source"])
        kept = [clip for clip in clips if clip.kept]
        return Source(
            name=plan.name, id=plan.id, sha256=plan.sha256, message=row.pop("warning"), kept=len(kept),
            kept_s=round(sum(clip.duration_s for clip in kept), 3), refused=len(clips) - len(kept), **row,
        )  # fmt: skip

    def finish(self, plans: Sequence[Planned], sources: Sequence[Source], clips: Sequence[Clip]) -> None:
        """Write the manifest, then drop what only earlier runs needed."""
        before = Before(self.layout, self.settings, self.journal, {plan.name: plan.place for plan in plans})
        self.used |= before.hear(clips, self.progress)
        write_dataset(self.layout, self.settings, sources, clips)
        if not any(plan.passing for plan in plans):  # a share that is away for a while must not cost its clips
            self._drop_stale(plans, clips)
            self.journal.compact(self.used | self.texts.used | {("settings", "last")})
        self.layout.unfinished.unlink()

    def _drop_stale(self, plans: Sequence[Planned], clips: Sequence[Clip]) -> None:
        drop_parked(self.layout, clips)
        wanted = {Path(clip.path).name for clip in clips if clip.path}
        for file in self.layout.clips.iterdir():
            if file.name not in wanted and _CLIP_NAME.fullmatch(file.name):  # only what prep itself has named
                file.unlink()
        heard = {self._heard_name(plan) for plan in plans if plan.action != "skip"}
        for file in self.layout.heard.iterdir():
            if file.name not in heard:
                file.unlink()

    def _entry(self, plan: Planned) -> dict[str, Any]:
        if plan.action == "skip":
            return {}
        if plan.id in self.unsettled:
            return self.unsettled[plan.id]
        self.used.add(("clips", self._clips_key(plan)))
        return self.journal["clips", self._clips_key(plan)]

    def _clips_key(self, plan: Planned) -> str:
        return f"{plan.sha256}:{plan.id}:{self.settings.cut_key}"

    def _heard_name(self, plan: Planned) -> str:
        return f"{plan.id}-{self.settings.speech_key}.npz"

    def _checked(self, answer: Answer, name: str) -> Answer:
        """Stop the run where going on makes no sense; name the recording where a worker could not."""
        if "error" not in answer:
            return answer
        if answer.get("disk_full"):
            raise self.layout.disk_full(answer.get("place", ""))
        if "raised" in answer:
            raise as_raised(answer)
        if answer["reason"] in ("crashed", "stalled"):
            answer = {**answer, "error": f"{name}: {answer['error']}"}
        if self.strict:
            raise AudioFileError(answer["error"], reason=answer["reason"])
        return answer

    def _tell_changes(self, plans: Sequence[Planned], todo: int) -> None:
        last, now = self.journal.get("settings", "last"), asdict(self.settings)
        before = asdict(PrepSettings()) | last if last else now  # what is not written down is as usual
        changed = [f"{name} {before[name]} -> {now[name]}" for name in now if before[name] != now[name]]
        if changed:
            kept = "what the detector heard is used again" if todo else "nothing is cut again"
            logger.warning("settings changed (%s): %d of %d recordings are prepared again; %s.",
                           ", ".join(changed), todo, len(plans), kept)  # fmt: skip
        if last != self.settings.to_json():
            self.journal.add("settings", "last", self.settings.to_json())


def _task(task: str, name: str, **details: Any) -> dict[str, Any]:
    return {"task": task, "name": name, **details}


def _lies(folder: Path, file: dict[str, Any] | None) -> bool:
    if file is None:
        return False
    path: Path = folder / file["name"]
    return path.is_file() and path.stat().st_size == int(file["size_bytes"])


def _clip(plan: Planned, row: dict[str, Any], settings: PrepSettings) -> Clip:
    """Make a manifest line of what was measured, judged by today's thresholds."""
    numbers = dict(row)
    file = numbers.pop("file")
    reasons = refusals(row, settings)
    return Clip(
        **numbers, source=plan.name, source_sha256=plan.sha256, kept=not reasons, refused_because=reasons,
        path=None if reasons or not file else f"clips/{file['name']}",
        sha256=None if reasons or not file else file["sha256"],
    )  # fmt: skip
