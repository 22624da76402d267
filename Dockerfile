# The collector with its embedded engine. glibc: the engine does not run on musl, so no Alpine.
FROM node:24.19.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY collector/package.json collector/
COPY test/older-majors/package.json test/older-majors/
RUN npm ci --no-audit --no-fund
COPY . .
RUN node scripts/build.mjs && npm prune --omit=dev --no-audit --no-fund

FROM node:24.19.0-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8787 DATA_DIR=/data
WORKDIR /app
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/package.json ./
COPY --from=build /build/dist dist
COPY --from=build /build/collector collector
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/app/collector/bin/zenovay-collector.mjs"]
CMD ["start"]
