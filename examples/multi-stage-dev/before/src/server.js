import Fastify from "fastify";

const pass = {
  body: {
    type: "object",
    required: ["gate"],
    properties: { gate: { type: "string", minLength: 1 }, people: { type: "integer", minimum: 1, default: 1 } },
  },
};

export function buildServer(counter, logger = false) {
  const server = Fastify({ logger });

  server.get("/health", async () => ({ status: "ok" }));

  server.get("/counts", async () => counter.totals());

  server.post("/passes", { schema: pass }, async (request, reply) => {
    const { gate, people } = request.body;
    await counter.add(gate, people);
    reply.code(201);
    return { gate, total: counter.totals()[gate] };
  });

  return server;
}
