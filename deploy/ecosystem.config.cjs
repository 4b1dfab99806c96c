// MediaFlow under PM2: `pm2 start deploy/ecosystem.config.cjs` from the checkout, after `make run` or
// `.ci/environment requirements.lock` has made `.venv` and `.venv/bin/python -m server.migrate` the tables.
// Settings come from `.env`; DATABASE_URL and REDIS_URL must be in it, for PM2 starts no database.
const fs = require("fs");
const path = require("path");

const root = path.resolve(__dirname, "..");
const firstPort = Number(process.env.PORT || 8000);
const metrics = path.join(root, "var/metrics");
fs.mkdirSync(metrics, { recursive: true });
const webProcesses = Number(process.env.WEB || 2);

const program = (name, module, env = {}) => ({
  name,
  cwd: root,
  script: path.join(root, ".venv/bin/python"),
  args: ["-m", ...module.split(" ")],
  interpreter: "none",
  exec_mode: "fork",
  env: { METRICS_DIR: metrics, ...env },
  // A worker may finish its job or give it back; PM2's own 1.6 s would cut it.
  kill_timeout: 35000,
  exp_backoff_restart_delay: 100,
});

module.exports = {
  apps: [
    // Each web process has a port of its own: a long-polling client must find its process again (deploy/nginx.conf).
    ...Array.from({ length: webProcesses }, (_, i) =>
      program(`mediaflow-web-${i + 1}`, "server", { PORT: String(firstPort + i) }),
    ),
    program("mediaflow-worker", "tasks.worker"),
    program("mediaflow-dispatcher", "tasks.dispatch"),
  ],
};
