import assert from "node:assert/strict";
import { test } from "node:test";

import { Queue } from "../src/queue.js";

test("repairs are numbered in the order in which they come", () => {
  const queue = new Queue();
  queue.add("red folding bike", "flat tyre");
  assert.equal(queue.add("tandem", "loose chain").number, 2);
});
