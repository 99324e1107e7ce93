// Microphone and speaker, each an AudioWorklet behind a small class.

export const INPUT_RATE = 16000;
export const OUTPUT_RATE = 24000;

const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };

const REFUSALS = {
  NotAllowedError: "The microphone is blocked for this page. Allow it in the address bar, then start again; or type below.",
  NotFoundError: "No microphone was found. Connect one, or type below.",
  NotReadableError: "Another program holds the microphone. Close it, then start again; or type below.",
  OverconstrainedError: "The chosen microphone is gone. Choose another one.",
};

export class AudioDevices {
  /** @param {(pcm: ArrayBuffer, level: number) => void} onPiece  @param {(turnId: number, playedS: number, isSilent: boolean) => void} onPlayed */
  constructor(onPiece, onPlayed) {
    this.onPiece = onPiece;
    this.onPlayed = onPlayed;
    this.isMuted = false;
  }

  /** Open the speaker; must be called while a press of the user is handled. */
  async openSpeaker(speakerId = "") {
    if (this.context) return this.context.resume();
    this.context = new AudioContext({ latencyHint: "interactive" });
    await Promise.all(["capture-worklet.js", "player-worklet.js"].map((file) => this.context.audioWorklet.addModule(file)));
    this.player = new AudioWorkletNode(this.context, "player", {
      numberOfInputs: 0, outputChannelCount: [1], processorOptions: { rate: OUTPUT_RATE },
    });
    this.player.port.onmessage = ({ data }) => {
      const heardS = Math.max(0, data.playedS - (data.isSilent ? 0 : this.context.outputLatency || 0));
      this.onPlayed(data.turnId, heardS, data.isSilent);
    };
    this.player.connect(this.context.destination);
    if (speakerId) await this.chooseSpeaker(speakerId);
    await this.context.resume();
  }

  /** Open the microphone, or another one; gives whether its echo is cancelled. */
  async openMicrophone(deviceId = "") {
    const device = deviceId ? { deviceId: { exact: deviceId } } : {};
    if (!navigator.mediaDevices) throw new Error("Browsers open microphones on https pages and on this machine only.");
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { ...MICROPHONE, ...device } });
    } catch (error) {
      throw new Error(REFUSALS[error.name] ?? `The microphone cannot be opened; you can type below. (${error.message})`);
    }
    if (!this.context) { // closed while the browser asked
      stream.getTracks().forEach((track) => track.stop());
      return true;
    }
    this.closeMicrophone();
    this.stream = stream;
    this.source = this.context.createMediaStreamSource(stream);
    this.capture = new AudioWorkletNode(this.context, "capture", {
      numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit", processorOptions: { rate: INPUT_RATE },
    });
    this.capture.port.onmessage = ({ data }) => this.onPiece(data.pcm, data.level);
    this.mute(this.isMuted);
    this.source.connect(this.capture);
    return stream.getAudioTracks()[0].getSettings().echoCancellation !== false;
  }

  closeMicrophone() {
    this.source?.disconnect();
    this.capture?.port.close();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = this.source = this.capture = undefined;
  }

  async close() {
    this.closeMicrophone();
    await this.context?.close();
    this.context = this.player = undefined;
  }

  mute(muted) {
    this.isMuted = muted;
    this.capture?.port.postMessage({ muted });
  }

  play(turnId, pcm) { this.player?.port.postMessage({ type: "play", turnId, pcm }, [pcm]); }
  clear(turnId) { this.player?.port.postMessage({ type: "clear", turnId }); }
  pause() { this.player?.port.postMessage({ type: "pause" }); }
  resume() { this.player?.port.postMessage({ type: "resume" }); }

  async chooseSpeaker(deviceId) {
    await this.context?.setSinkId?.(deviceId);
  }
}

/** Give the devices of a kind, once the user has allowed one. */
export async function devices(kind) {
  const all = await (navigator.mediaDevices?.enumerateDevices() ?? []);
  return all.filter((device) => device.kind === kind && device.deviceId && device.deviceId !== "default");
}
