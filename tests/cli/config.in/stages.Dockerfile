FROM node:22-slim AS base
WORKDIR /app

FROM base AS test
CMD ["npm", "test"]

FROM base AS prod
CMD ["node", "server.js"]
