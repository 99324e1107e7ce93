// What was said, on the page and as a file.

export class Captions {
  /** @param {HTMLOListElement} list */
  constructor(list) {
    this.list = list;
    this.entries = new Map(); // by speaker and turn
    this.conversation = 0;
  }

  get isEmpty() { return !this.list.childElementCount; }

  /** A connection begins: its turns count from the start again. */
  begin() { this.conversation++; }

  show({ speaker, text, is_final: isFinal, turn_id: turnId }) {
    const key = `${this.conversation} ${speaker} ${turnId}`;
    let entry = this.entries.get(key);
    if (!entry && !text) return;
    if (!entry) {
      entry = this.add(speaker, "");
      this.entries.set(key, entry);
    }
    // The agent's clauses come one by one; its final text is all that was heard of them.
    const clauses = speaker === "agent" && !isFinal;
    entry.words.textContent = clauses ? `${entry.words.textContent} ${text}`.trim() : text;
    entry.item.classList.toggle("partial", !isFinal);
    entry.item.hidden = !entry.words.textContent;
    this.scroll();
  }

  latency({ turn_id: turnId, latency_s: latencyS, stages }) {
    const entry = this.entries.get(`${this.conversation} agent ${turnId}`);
    if (!entry || latencyS === null) return;
    const note = document.createElement("small");
    note.textContent = `answered after ${Math.round(latencyS * 1000)} ms`;
    note.title = Object.entries(stages).map(([stage, timeS]) => `${stage.replaceAll("_", " ")}: ${Math.round(timeS * 1000)} ms`).join("\n");
    entry.item.append(note);
    this.scroll();
  }

  /** A tool begins or ends, in one line. */
  tool({ name, phase, turn_id: turnId }) {
    const key = `${this.conversation} tool ${name} ${turnId}`;
    if (phase === "started") this.entries.set(key, this.add("note", ""));
    const words = { started: " …", ended: "", failed: " failed" };
    const entry = this.entries.get(key);
    if (entry) entry.words.textContent = `Using ${name}${words[phase]}`;
    this.scroll();
  }

  note(text) {
    this.add("note", text);
    this.scroll();
  }

  /** The transcript as plain text. */
  text() {
    const names = { user: "You", agent: "Agent", note: "" };
    return [...this.list.children].filter((item) => !item.hidden).map((item) => {
      const name = names[item.dataset.speaker];
      const words = item.querySelector("span").textContent;
      return `[${item.dataset.time}] ${name ? `${name}: ` : ""}${words}`;
    }).join("\n");
  }

  add(speaker, text) {
    const item = document.createElement("li");
    item.className = speaker;
    item.dataset.speaker = speaker;
    item.dataset.time = new Date().toLocaleTimeString([], { hour12: false });
    if (speaker !== "note") {
      const name = document.createElement("b");
      name.className = "hidden";
      name.textContent = speaker === "user" ? "You: " : "Agent: ";
      item.append(name);
    }
    const words = document.createElement("span");
    words.textContent = text;
    item.append(words);
    this.list.append(item);
    return { item, words };
  }

  scroll() { this.list.scrollTop = this.list.scrollHeight; }
}
