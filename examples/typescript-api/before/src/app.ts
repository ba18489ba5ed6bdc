import express, { type Express } from "express";

import { Queue } from "./queue.js";

export function workshop(): Express {
  const queue = new Queue();
  const app = express();
  app.use(express.json());

  app.get("/health", (request, response) => {
    response.json({ status: "ok" });
  });

  app.get("/repairs", (request, response) => {
    response.json(queue.all());
  });

  app.post("/repairs", (request, response) => {
    const { bicycle, fault } = request.body ?? {};
    if (!bicycle || !fault) {
      response.status(400).json({ error: "which bicycle, and what is wrong with it?" });
      return;
    }
    response.status(201).json(queue.add(bicycle, fault));
  });

  return app;
}
