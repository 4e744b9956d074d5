// node healthcheck.mjs <variable that names the port> <port where it is not set>: ends with 0 where /healthz answers 200.
const [, , variable, usual] = process.argv;
const port = process.env[variable] || usual;
fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4_000) }).then(
  (response) => process.exit(response.ok ? 0 : 1),
  () => process.exit(1),
);
