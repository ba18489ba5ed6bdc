import compression from "compression";
import express from "express";

const app = express();

app.use(compression());
app.get("/healthz", (request, response) => {
  response.type("text").send("ok\n");
});
app.use("/assets", express.static("dist/assets", { immutable: true, maxAge: "1y" }));
app.use(express.static("dist"));

app.listen(8080, () => console.log("http://localhost:8080"));
