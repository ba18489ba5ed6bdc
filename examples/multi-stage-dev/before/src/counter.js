import { appendFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";

/** The visitors at each gate: a log of passes, one line each, added up at the start. */
export class Counter {
  #file;
  #totals = new Map();

  constructor(file) {
    this.#file = file;
  }

  static async open(directory) {
    await mkdir(directory, { recursive: true });
    const counter = new Counter(path.join(directory, "passes.jsonl"));
    await appendFile(counter.#file, "");
    for (const line of (await readFile(counter.#file, "utf8")).split("\n")) {
      if (line) counter.#count(JSON.parse(line));
    }
    return counter;
  }

  totals() {
    return Object.fromEntries(this.#totals);
  }

  async add(gate, people) {
    await appendFile(this.#file, `${JSON.stringify({ gate, people })}\n`);
    this.#count({ gate, people });
  }

  #count({ gate, people }) {
    this.#totals.set(gate, (this.#totals.get(gate) ?? 0) + people);
  }
}
