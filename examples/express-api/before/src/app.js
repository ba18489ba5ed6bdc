import express from "express";

export function createApp(store, version) {
  const app = express();
  app.disable("x-powered-by");
  app.use(express.json());

  app.get("/health", (request, response) => {
    response.json({ status: "ok", version });
  });

  app.get("/dishes", (request, response) => {
    response.json(store.all());
  });

  app.post("/dishes", async (request, response) => {
    const { dish, guest } = request.body ?? {};
    if (!dish || !guest) {
      return response.status(400).json({ error: "who brings what?" });
    }
    response.status(201).json(await store.add({ dish, guest }));
  });

  return app;
}
