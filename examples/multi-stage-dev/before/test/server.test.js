import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { Counter } from "../src/counter.js";
import { buildServer } from "../src/server.js";

const temporary = () => mkdtemp(path.join(tmpdir(), "turnstile-"));

test("passes of a gate add up", async () => {
  const server = buildServer(await Counter.open(await temporary()));
  for (const people of [2, 3]) await server.inject({ method: "POST", url: "/passes", body: { gate: "north", people } });
  assert.deepEqual((await server.inject("/counts")).json(), { north: 5 });
});

test("counts outlive the server", async () => {
  const directory = await temporary();
  await (await Counter.open(directory)).add("south", 1);
  assert.deepEqual((await Counter.open(directory)).totals(), { south: 1 });
});
