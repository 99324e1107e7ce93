// The microphone, as 20 ms pieces of 16-bit PCM at the rate that the server wants.

import { Resampler } from "./resampler.js";

const PIECE_S = 0.02;

class Capture extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.resampler = new Resampler(sampleRate, processorOptions.rate);
    this.size = Math.round(processorOptions.rate * PIECE_S);
    this.begin();
    this.isMuted = false;
    this.port.onmessage = ({ data }) => { this.isMuted = data.muted; };
  }

  process([[channel]]) {
    for (const sample of this.resampler.push(channel ?? new Float32Array(128))) this.add(sample);
    return true;
  }

  add(sample) {
    // Muted, it still sends: the agent tells by the silence that a turn is over.
    const heard = this.isMuted ? 0 : sample;
    this.energy += heard * heard;
    this.piece[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(heard * 32768)));
    if (this.filled < this.size) return;
    const rms = Math.sqrt(this.energy / this.size);
    this.port.postMessage({ pcm: this.piece.buffer, level: 20 * Math.log10(rms + 1e-9) }, [this.piece.buffer]);
    this.begin();
  }

  begin() {
    this.piece = new Int16Array(this.size);
    this.filled = 0;
    this.energy = 0;
  }
}

registerProcessor("capture", Capture);
