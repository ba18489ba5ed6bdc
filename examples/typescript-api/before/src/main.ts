import { workshop } from "./app.js";

const port = Number(process.env.PORT ?? 3000);

workshop().listen(port, () => console.log(`http://localhost:${port}`));
