// What readers' code must not have, taken away before any of it runs. No other host, no database, no cache and no other page is within reach
// of this worker anyway: its origin is opaque, and it has the page's Content-Security-Policy (engine/spawn_worker.js). What is left is to start
// workers of its own: they would outlive a stop and share the processor with the page. Nothing here can bring them back, since a worker
// has no other global scope to take them from.

const POWERS = ["Worker", "SharedWorker"];

/** The module that stops Python has kept its own Worker: imported first, see stop.js. */
export function restrictGlobals() {
  for (const name of POWERS) Reflect.deleteProperty(self, name);
}
