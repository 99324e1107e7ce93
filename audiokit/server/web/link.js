// The connection to the server: `audiokit.v2` over a WebSocket that comes back by itself.

import { INPUT_RATE, OUTPUT_RATE } from "./audio.js";

const DELAYS_S = [0.5, 1, 2, 4, 8, 8, 8];
const HEARTBEAT_S = 15;
const FINAL_CODES = [1000, 1008]; // an ordinary end, and a refusal that will not change

export class TokenNeeded extends Error {}

export class Link {
  /** @param {object} listener  with a method for each type of message, and opened, voice, lost, closed */
  constructor(listener) {
    this.listener = listener;
    this.attempt = 0;
  }

  /** Connect; throws TokenNeeded when the server wants to see one. */
  async open(token = this.token) {
    this.token = token;
    this.isWanted = true;
    const address = await this.address();
    if (this.isWanted) this.connect(address); // it may have been closed meanwhile
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN && this.isReady) this.socket.send(message instanceof ArrayBuffer ? message : JSON.stringify(message));
  }

  close() {
    this.isWanted = false;
    clearTimeout(this.retry);
    this.send({ type: "end" });
    this.socket?.close(1000);
    this.ended("");
  }

  async address() {
    const headers = this.token ? { authorization: `Bearer ${this.token}` } : {};
    const answer = await fetch("tickets", { method: "POST", headers });
    if (answer.status === 401) throw new TokenNeeded();
    if (!answer.ok) throw new Error((await answer.json()).detail);
    const { ticket } = await answer.json();
    const url = new URL(`ws?ticket=${encodeURIComponent(ticket)}`, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    return url;
  }

  connect(url) {
    const socket = new WebSocket(url, ["audiokit.v2"]);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", sample_rate: INPUT_RATE, output_sample_rate: OUTPUT_RATE }));
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = ({ code, reason }) => { if (socket === this.socket) this.lost(code, reason); };
    this.socket = socket;
  }

  receive(data) {
    if (data instanceof ArrayBuffer) {
      this.listener.voice(new DataView(data).getUint32(0, true), data.slice(4));
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "ready") {
      this.isReady = true;
      this.attempt = 0;
      this.heartbeat = setInterval(() => this.send({ type: "ping", id: 0 }), HEARTBEAT_S * 1000);
    }
    this.listener[message.type]?.(message);
  }

  lost(code, reason) {
    this.isReady = false;
    clearInterval(this.heartbeat);
    if (!this.isWanted || FINAL_CODES.includes(code)) {
      this.isWanted = false;
      this.ended(code === 1000 ? "" : reason);
      return;
    }
    this.again();
  }

  again() {
    if (!this.isWanted) return; // closed while the server was asked
    const delayS = DELAYS_S[this.attempt++];
    if (delayS === undefined) {
      this.isWanted = false;
      this.ended("The server cannot be reached. Start again later.");
      return;
    }
    this.listener.lost(delayS);
    this.retry = setTimeout(() => this.open().catch((error) => (error instanceof TokenNeeded ? this.ended("The server asks for its token again. Start again.") : this.again())), delayS * 1000);
  }

  ended(reason) {
    this.isReady = false;
    clearInterval(this.heartbeat);
    this.socket = undefined;
    this.listener.closed(reason);
  }
}
