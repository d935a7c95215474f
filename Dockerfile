# syntax=docker/dockerfile:1
# The image of every role: `keyturn api`, `keyturn worker`, `keyturn gateway`, and of `keyturn setup`.
# Debian: Temporal's native part has no build for musl, so Alpine does not work.

FROM node:24-bookworm-slim AS manifest
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

# No package's install script is run.
FROM manifest AS build
RUN npm ci --include=dev --include=optional --ignore-scripts
COPY . .
RUN npm run build

# The embedded servers are optional packages: a role of a split deployment needs none. Temporal's native part
# comes for five platforms, about 30 MB each.
FROM manifest AS dependencies
RUN npm ci --omit=dev --omit=optional --ignore-scripts
RUN find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +

FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 10001 keyturn \
  && useradd --uid 10001 --gid keyturn --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin keyturn \
  && for role in api worker gateway issuer operator; do \
       install -d -m 0700 -o keyturn -g keyturn "/var/lib/keyturn/credentials/$role"; \
     done \
  && install -d -m 0700 -o keyturn -g keyturn /var/lib/keyturn/home
WORKDIR /app
COPY --from=manifest /app/package.json ./package.json
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY deploy/vault/policies ./deploy/vault/policies
ENV NODE_ENV=production
ENV HOST=0.0.0.0
ENV PORT=8001
USER 10001:10001
EXPOSE 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# A signal must not open the inspector: process memory holds keys while they are used.
ENTRYPOINT ["node", "--disable-sigusr1", "/app/dist/src/cli/keyturn.js"]
