"use strict";

const $ = (id) => document.getElementById(id);
const sound = $("sound");
const text = $("text");
const MARKS = { keep: "✓", refuse: "✕", "": "" };
const JUMP_S = 2;

let clips = [];
let shown = [];
let at = -1;
let last = Promise.resolve();

const FILTERS = {
  all: () => true,
  open: (clip) => !clip.verdict,
  flagged: (clip) => clip.flags.length > 0,
  refused: (clip) => !clip.kept,
};
const ORDERS = { time: () => 0, worst: (one, other) => one.quality - other.quality };
const clock = (time_s) => `${Math.floor(time_s / 60)}:${String(Math.floor(time_s % 60)).padStart(2, "0")}`;
const current = () => shown[at];

function say(message) {
  $("alert").textContent = message;
  $("alert").hidden = !message;
}

async function ask(place, wish) {
  const answer = await fetch(place, wish && { method: "POST", body: JSON.stringify(wish) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

function count() {
  const decided = clips.filter((clip) => clip.verdict).length;
  const refused = clips.filter((clip) => !clip.kept).length;
  $("count").textContent = `${decided} of ${clips.length} decided, ${refused} refused`;
}

function fill(row, clip) {
  const [mark, words, length] = row.children;
  row.dataset.mark = clip.verdict;
  mark.textContent = MARKS[clip.verdict] || (clip.flags.length ? "!" : "");
  words.textContent = clip.text || clip.id;
  length.textContent = `${clip.duration_s.toFixed(1)} s`;
}

function list() {
  const before = current();
  shown = clips.filter(FILTERS[$("filter").value]).sort(ORDERS[$("order").value]);
  $("list").replaceChildren(...shown.map((clip, place) => {
    const item = document.createElement("li");
    const row = document.createElement("button");
    row.append(...["b", "span", "small"].map((name) => document.createElement(name)));
    row.onclick = () => go(place);
    item.append(row);
    fill(row, clip);
    return item;
  }));
  at = -1;
  $("none").hidden = shown.length > 0;
  $("clip").hidden = shown.length === 0;
  if (shown.length) go(Math.max(0, shown.indexOf(before)), false);
}

const row = (place) => $("list").children[place]?.firstElementChild;

function go(place, plays = true) {
  if (place < 0 || place >= shown.length) return;
  save();
  row(at)?.removeAttribute("aria-current");
  at = place;
  row(at).setAttribute("aria-current", "true");
  row(at).scrollIntoView({ block: "nearest" });
  sound.src = `sound/${encodeURIComponent(current().id)}`;
  if (plays) play();
  text.value = current().text;
  show();
}

function show() {
  const clip = current();
  $("source").textContent = `${clip.source} at ${clock(clip.start_s)}`;
  if (document.activeElement !== text) text.value = clip.text;  // an answer must not undo what is being typed
  $("flags").replaceChildren(...clip.flags.map((flag) => {
    const item = document.createElement("li");
    item.textContent = flag;
    return item;
  }));
  const by = clip.corrected ? ", text corrected by hand" : "";
  $("facts").textContent = `SNR ${clip.snr_db.toFixed(1)} dB, quality ${clip.quality.toFixed(2)}${by}`;
  $("keep").setAttribute("aria-pressed", clip.verdict === "keep");
  $("refuse").setAttribute("aria-pressed", clip.verdict === "refuse");
}

function play() {
  sound.play().catch(() => { /* the browser wants a key or a click first */ });
}

function decide(clip, verdict, words) {
  const before = { text: clip.text, corrected: clip.corrected };
  Object.assign(clip, { text: words?.trim() ?? clip.text, corrected: words !== null });  // for what follows at once
  say("");
  last = last.then(() => ask("decide", { clip: clip.id, verdict, text: words })).then((told) => {
    Object.assign(clip, told);
    const place = shown.indexOf(clip);
    if (place >= 0) fill(row(place), clip);
    if (clip === current()) show();
    count();
  }).catch((error) => {
    Object.assign(clip, before);
    say(`Not saved: ${error.message}. Does the review still run?`);
  });
}

const written = (clip) => (text.value.trim() !== clip.text || clip.corrected ? text.value : null);

function save() {
  const clip = current();
  if (clip && text.value.trim() !== clip.text) decide(clip, clip.verdict, text.value);
}

function judge(verdict) {
  const clip = current();
  if (!clip) return;
  decide(clip, verdict, written(clip));
  go(at + 1);
}

function undo() {
  const clip = current();
  if (!clip) return;
  decide(clip, "", null);
}

function leave() {
  text.value = current().text;
  text.blur();
}

const KEYS = {
  " ": () => (sound.paused ? play() : sound.pause()),
  k: () => judge("keep"),
  r: () => judge("refuse"),
  u: undo,
  e: () => text.focus(),
  ArrowDown: () => go(at + 1),
  ArrowUp: () => go(at - 1),
  ArrowLeft: () => { sound.currentTime = Math.max(0, sound.currentTime - JUMP_S); },
  ArrowRight: () => { sound.currentTime += JUMP_S; },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
  if (event.target === text) {
    if (event.key === "Enter" && !event.isComposing) { save(); text.blur(); event.preventDefault(); }
    if (event.key === "Escape") leave();
    return;
  }
  if (event.repeat && !event.key.startsWith("Arrow")) return;  // a key held down must not decide about many
  if (event.key === " " && event.target.tagName === "BUTTON") return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act && current()) {
    event.preventDefault();
    act();
  }
});

document.addEventListener("click", (event) => {
  if (event.detail) event.target.closest("button")?.blur();  // pressed by mouse: the next key means the clip
});

text.onblur = save;
$("keep").onclick = () => judge("keep");
$("refuse").onclick = () => judge("refuse");
$("undo").onclick = undo;
$("filter").onchange = list;
$("order").onchange = list;

ask("clips.json").then((told) => {
  $("name").textContent = `Review of ${told.name}`;
  document.title = `Review of ${told.name}`;
  clips = told.clips;
  count();
  list();
  document.body.dataset.state = "ready";
}).catch((error) => say(error.message));
