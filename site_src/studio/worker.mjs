// The engine: Pyodide and ONNX Runtime Web in one worker. This file passes messages to and fro; boot.mjs starts Python, ort.mjs the
// networks, files.mjs fetches what they need.
//
// Messages (calls and replies are documented in pystudio/protocol.py):
//   in   {start: {base, manifest, network}}   {id, call, arguments}   {cancel: id}
//   out  {event: "boot", steps: BootStep[]}   {event: "ready"}   {event: "dead", message, remedy}   {id, reply|error|progress}
// A progress is the BootStep of a file that a call waits for: another network, a package.
import { bootPython, stepsOf } from "./boot.mjs";
import { countFiles, EngineError } from "./files.mjs";
import { Ledger } from "./ledger.js";
import { bootNetworks, openSession } from "./ort.mjs";

/** Python's side of the messages: pystudio.browser.door.Door. */
let door;
let ledger;
let booted = false;
const waiting = new Set(); // ids of calls not yet answered

self.onmessage = async ({ data }) => {
  if (data.start) return boot(data.start);
  if (data.cancel !== undefined) return door.cancel(data.cancel);
  await answer(data);
};

/** @param {import("./types").Start} start */
async function boot(start) {
  ledger = new Ledger(stepsOf(start.manifest, start.network), start.manifest.bytes, report);
  countFiles(start.base, ledger, (error) => !booted && die(error));
  try {
    bootNetworks(start, ledger);
    [door] = await Promise.all([bootPython(start, ledger), openSession(start.network)]);
    booted = true;
    self.postMessage({ event: "ready" });
  } catch (error) {
    die(error);
  }
}

function report(steps) {
  if (!booted) return self.postMessage({ event: "boot", steps });
  for (const progress of ledger.later) waiting.forEach(id => self.postMessage({ id, progress }));
}

async function answer({ id, call, arguments: args }) {
  waiting.add(id);
  try {
    const message = await door.handle(id, call, args);
    self.postMessage(message, buffersIn(message));
  } catch (error) { // Python itself is gone: it can no longer tell the page anything
    die(error);
  } finally {
    waiting.delete(id);
  }
}

/** Every buffer inside a reply, so that it is moved and not copied. */
function buffersIn(value, found = []) {
  if (ArrayBuffer.isView(value)) found.push(value.buffer);
  else if (value && typeof value === "object") Object.values(value).forEach(v => buffersIn(v, found));
  return found;
}

function die(error) {
  console.error(error);
  const ours = error instanceof EngineError;
  self.postMessage({
    event: "dead",
    message: ours ? error.message : "The engine that runs Python in your browser stopped.",
    remedy: ours ? error.remedy : "Try again; your photo and your mask are kept.",
  });
}
