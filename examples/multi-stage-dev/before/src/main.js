import { buildServer } from "./server.js";
import { Counter } from "./counter.js";

// The colourful log is for people, and so is its package: production has neither.
const logger = process.env.NODE_ENV === "production" ? { level: "warn" } : { transport: { target: "pino-pretty" } };

const counter = await Counter.open(process.env.COUNTS_DIR ?? "/var/lib/turnstile");
const server = buildServer(counter, logger);

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());

await server.listen({ host: "0.0.0.0", port: Number(process.env.PORT ?? 4000) });
