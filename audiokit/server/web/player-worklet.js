// The agent's voice: what arrives is played in order, and silenced within a few milliseconds.

import { Resampler } from "./resampler.js";

const FADE_FRAMES = 128; // one block: long enough not to click
const MARK_S = 0.1; // how often it tells how much was heard

class Player extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.rate = processorOptions.rate;
    this.resampler = new Resampler(this.rate, sampleRate);
    this.queue = []; // of {turnId, samples, at}
    this.played = new Map(); // frames by turn
    this.sinceMark = 0;
    this.gain = 1;
    this.isPaused = false;
    this.isSilent = true;
    this.port.onmessage = ({ data }) => this[data.type](data);
  }

  play({ turnId, pcm }) {
    const integers = new Int16Array(pcm);
    const samples = Float32Array.from(integers, (value) => value / 32768);
    if (!this.queue.length && this.turnId !== turnId) this.resampler.reset();
    this.turnId = turnId;
    this.queue.push({ turnId, samples: this.resampler.push(samples), at: 0 });
  }

  pause() { this.isPaused = true; }
  resume() { this.isPaused = false; }

  clear({ turnId }) {
    this.tail = this.queue[0]?.turnId === turnId && !this.isPaused ? this.take(FADE_FRAMES) : null;
    this.queue = this.queue.filter((piece) => piece.turnId !== turnId);
    this.isPaused = false;
  }

  process(_, [[output]]) {
    if (this.tail) this.fadeOut(output);
    else this.fill(output);
    this.report(output.length);
    return true;
  }

  fill(output) {
    const step = 1 / FADE_FRAMES;
    for (let i = 0; i < output.length; i++) {
      this.gain = Math.max(0, Math.min(1, this.gain + (this.isPaused ? -step : step)));
      output[i] = this.gain > 0 ? this.gain * this.next() : 0;
    }
  }

  next() {
    const piece = this.queue[0];
    if (!piece) return 0;
    const sample = piece.samples[piece.at++] ?? 0;
    this.played.set(piece.turnId, (this.played.get(piece.turnId) ?? 0) + 1);
    if (piece.at >= piece.samples.length) this.queue.shift();
    return sample;
  }

  take(count) {
    return Float32Array.from({ length: count }, () => this.next());
  }

  fadeOut(output) {
    const { tail } = this;
    for (let i = 0; i < output.length && i < tail.length; i++) output[i] = tail[i] * (1 - i / tail.length) * this.gain;
    this.tail = null;
    this.gain = 1;
  }

  report(frames) {
    this.sinceMark += frames;
    const isSilent = !this.queue.length;
    const isDue = this.sinceMark >= MARK_S * sampleRate;
    if (isSilent === this.isSilent && (isSilent || !isDue)) return;
    this.sinceMark = 0;
    this.isSilent = isSilent;
    for (const [turnId, count] of this.played) this.port.postMessage({ turnId, playedS: count / sampleRate, isSilent });
    for (const turnId of this.played.keys()) if (turnId !== this.turnId) this.played.delete(turnId);
  }
}

registerProcessor("player", Player);
