// The page: one conversation, its buttons, and what is shown of it.

import { AudioDevices, devices } from "./audio.js";
import { Captions } from "./captions.js";
import { Link, TokenNeeded } from "./link.js";
import { prepareTheme } from "./theme.js";

const $ = (id) => document.getElementById(id);
const SILENCE_DBFS = -60;
const WORDS = {
  off: "Press Start. Typing works without a microphone.",
  connecting: "Connecting …",
  idle: "Say something.",
  listening: "Listening",
  endpointing: "Listening",
  thinking: "Thinking",
  speaking: "Speaking. Interrupt whenever you like.",
  paused: "Yes?",
};

const captions = new Captions($("captions"));
const audio = new AudioDevices(heard, played);
let isHeld = false;
let isMutedByUser = false;
let isAgentAudible = false;
let isLost = false; // the connection, and not by our wish
let loudest; // since the last frame was drawn, in dBFS

const link = new Link({
  ready() {
    captions.begin();
    if (isLost) alert("");
    isLost = false;
    show("idle");
    for (const element of $("typing").elements) element.disabled = false;
  },
  voice(turnId, pcm) {
    audio.play(turnId, pcm);
    setAudible(true);
  },
  clear({ turn_id: turnId }) { audio.clear(turnId); },
  pause() { audio.pause(); },
  resume() { audio.resume(); },
  state({ state }) { show(state); },
  caption(message) {
    captions.show(message);
    $("download").disabled = captions.isEmpty;
  },
  latency(message) { captions.latency(message); },
  tool(message) { captions.tool(message); },
  notice({ message }) { captions.note(message); },
  error({ message }) { alert(message); },
  lost(delayS) {
    isLost = true;
    show("connecting");
    alert(`The connection was lost. Trying again in ${delayS} s …`);
  },
  async closed(reason) {
    await audio.close();
    setAudible(false);
    show("off");
    if (reason || isLost) alert(reason);
    isLost = false;
    $("end").hidden = true;
    for (const element of $("typing").elements) element.disabled = true;
  },
});

async function start() {
  show("connecting");
  alert("");
  $("end").hidden = false;
  await audio.openSpeaker($("speaker").value);
  await openMicrophone().catch((error) => alert(error.message)); // typing still works
  try {
    await link.open(sessionStorage.getItem("token") ?? undefined);
  } catch (error) {
    if (error instanceof TokenNeeded) $("token-dialog").showModal();
    else link.listener.closed(`The server cannot be reached. ${error.message}`);
  }
}

async function openMicrophone() {
  const isEchoFree = await audio.openMicrophone($("microphone").value);
  if (!isEchoFree) $("half-duplex").checked = true;
  mute();
  await Promise.all([list("microphone", "audioinput"), list("speaker", "audiooutput")]);
  $("speaker-choice").hidden = !("setSinkId" in AudioContext.prototype) || $("speaker").length < 2;
}

async function list(id, kind) {
  const chosen = $(id).value;
  const options = (await devices(kind)).map((device) => new Option(device.label || "Unnamed", device.deviceId));
  $(id).replaceChildren(new Option("Default", ""), ...options);
  $(id).value = chosen;
}

// What goes in and out.

function heard(pcm, level) {
  link.send(pcm);
  if (loudest === undefined) requestAnimationFrame(showLevel);
  loudest = Math.max(level, loudest ?? SILENCE_DBFS);
}

function showLevel() {
  $("level").value = loudest;
  $("talk").style.setProperty("--level", Math.max(0, 1 + loudest / 50).toFixed(2));
  loudest = undefined;
}

function played(turnId, playedS, isSilent) {
  link.send({ type: "played", turn_id: turnId, played_s: playedS });
  if (isSilent) setAudible(false);
}

function setAudible(isAudible) {
  if (isAudible === isAgentAudible) return;
  isAgentAudible = isAudible;
  mute();
}

function mute() {
  const isQuiet = isHoldMode() ? !isHeld : isMutedByUser;
  audio.mute(isQuiet || ($("half-duplex").checked && isAgentAudible));
  document.body.toggleAttribute("data-muted", isQuiet);
  label();
}

const isOff = () => document.body.dataset.state === "off";
const isHoldMode = () => document.querySelector("input[name=mode]:checked").value === "hold";

// What is shown.

function show(state) {
  document.body.dataset.state = state;
  $("state").textContent = WORDS[state];
  label();
}

function label() {
  let text = isMutedByUser ? "Unmute" : "Mute";
  if (isOff()) text = "Start";
  else if (isHoldMode()) text = isHeld ? "Release to send" : "Hold to talk";
  $("talk-label").textContent = text;
  if (!isOff() && !isHoldMode()) $("talk").setAttribute("aria-pressed", String(isMutedByUser));
  else $("talk").removeAttribute("aria-pressed");
}

function alert(text) {
  $("alert").textContent = text;
  $("alert").hidden = !text;
}

// What is pressed.

function hold(isDown) {
  if (isOff() || !isHoldMode()) return;
  isHeld = isDown;
  mute();
}

$("talk").addEventListener("click", () => {
  if (isOff()) start();
  else if (!isHoldMode()) {
    isMutedByUser = !isMutedByUser;
    mute();
  }
});
$("talk").addEventListener("pointerdown", (event) => {
  $("talk").setPointerCapture(event.pointerId);
  hold(true);
});
for (const kind of ["pointerup", "pointercancel"]) $("talk").addEventListener(kind, () => hold(false));
$("talk").addEventListener("keydown", (event) => { if (event.key === " " && !event.repeat) hold(true); });
$("talk").addEventListener("keyup", (event) => { if (event.key === " ") hold(false); });
$("talk").addEventListener("blur", () => hold(false));
$("end").addEventListener("click", () => link.close());
for (const radio of document.querySelectorAll("input[name=mode]")) radio.addEventListener("change", mute);
$("half-duplex").addEventListener("change", mute);
$("microphone").addEventListener("change", () => { if (!isOff()) openMicrophone().catch((error) => alert(error.message)); });
$("speaker").addEventListener("change", () => audio.chooseSpeaker($("speaker").value));
$("typing").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (text) link.send({ type: "text", text });
  $("text").value = "";
});
$("download").addEventListener("click", () => {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(new Blob([`${captions.text()}\n`], { type: "text/plain" }));
  anchor.download = `conversation-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.txt`;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
});
$("token-dialog").addEventListener("close", () => {
  const token = $("token").value;
  $("token").value = "";
  if (!token) {
    link.listener.closed("");
    return;
  }
  sessionStorage.setItem("token", token);
  link.open(token).catch((error) => {
    sessionStorage.removeItem("token");
    link.listener.closed(error instanceof TokenNeeded ? "The server does not know this token." : error.message);
  });
});
$("token-cancel").addEventListener("click", () => {
  $("token").value = "";
  $("token-dialog").close();
});
navigator.mediaDevices?.addEventListener("devicechange", () => list("microphone", "audioinput"));
prepareTheme($("theme"));
show("off");
