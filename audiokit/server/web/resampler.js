// A stream that changes its rate: windowed-sinc interpolation, good to about 60 dB, which is plenty for speech.

const PHASES = 512;
const ZERO_CROSSINGS = 16;
const ROLL_OFF = 0.94; // room for the filter's slope below the Nyquist frequency

export class Resampler {
  constructor(fromRate, toRate) {
    this.step = fromRate / toRate;
    this.isSame = fromRate === toRate;
    const cutoff = Math.min(1, toRate / fromRate) * ROLL_OFF;
    this.half = Math.ceil(ZERO_CROSSINGS / cutoff);
    this.kernels = kernels(this.half, cutoff);
    this.reset();
  }

  reset() {
    this.history = new Float32Array(2 * this.half); // silence before the first sample
    this.position = this.half; // of the next output sample, in samples of the history
  }

  /** Take the next samples and give those that are ready. */
  push(samples) {
    if (this.isSame) return samples;
    const input = new Float32Array(this.history.length + samples.length);
    input.set(this.history);
    input.set(samples, this.history.length);
    const count = Math.max(0, Math.ceil((input.length - this.half - this.position) / this.step));
    const output = new Float32Array(count);
    for (let i = 0; i < count; i++) output[i] = this.interpolate(input, this.position + i * this.step);
    this.position += count * this.step;
    const kept = Math.min(Math.floor(this.position) - this.half, input.length);
    this.history = input.slice(kept);
    this.position -= kept;
    return output;
  }

  interpolate(input, position) {
    const whole = Math.floor(position);
    const kernel = this.kernels[Math.floor((position - whole) * PHASES)];
    const start = whole - this.half + 1;
    let sum = 0;
    for (let i = 0; i < kernel.length; i++) sum += kernel[i] * input[start + i];
    return sum;
  }
}

function kernels(half, cutoff) {
  return Array.from({ length: PHASES }, (_, phase) => {
    const kernel = new Float32Array(2 * half - 1);
    let total = 0;
    for (let i = 0; i < kernel.length; i++) {
      const distance = i - half + 1 - (phase + 0.5) / PHASES;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / half);
      kernel[i] = window * cutoff * sinc(cutoff * distance);
      total += kernel[i];
    }
    return kernel.map((weight) => weight / total); // no ripple at 0 Hz
  });
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
