import { readFileSync } from "node:fs";

import { createApp } from "./app.js";
import { DishStore } from "./store.js";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const store = await DishStore.open(process.env.DATA_DIR ?? "data");
const port = process.env.PORT || 3000;

const server = createApp(store, version).listen(port, () => {
  console.log(`potluck ${version} listens on ${port}`);
});

process.on("SIGTERM", () => server.close());
