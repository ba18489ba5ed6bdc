import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";

/** The dishes, kept in one JSON file. */
export class DishStore {
  #file;
  #dishes;

  constructor(file, dishes) {
    this.#file = file;
    this.#dishes = dishes;
  }

  static async open(directory) {
    await mkdir(directory, { recursive: true });
    const file = path.join(directory, "dishes.json");
    return new DishStore(file, JSON.parse(await readOr(file, "[]")));
  }

  all() {
    return this.#dishes;
  }

  async add({ dish, guest }) {
    const entry = { id: this.#dishes.length + 1, dish, guest };
    this.#dishes.push(entry);
    await this.#save();
    return entry;
  }

  // Renamed into place, so that a crash never leaves half a file.
  async #save() {
    const draft = `${this.#file}.new`;
    await writeFile(draft, JSON.stringify(this.#dishes, null, 2));
    await rename(draft, this.#file);
  }
}

async function readOr(file, missing) {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return missing;
    throw error;
  }
}
