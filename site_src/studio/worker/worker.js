// The engine: Pyodide and ONNX Runtime Web in one worker. This file passes messages to and fro; boot.js starts Python, ort.js the
// networks, files.js fetches what they need.
//
// Messages are ToWorker and FromWorker of types/protocol.d.ts, documented in pystudio/session/envelope.py; a call comes as {id, call, arguments, stoppable}.
import { bootPython, isOptional, stepsOf } from "./boot.js";
import { EngineError, openFiles } from "./files.js";
import { openHost } from "./host.js";
import { BootProgress } from "./boot_progress.js";
import { bootNetworks, openSession } from "./ort.js";
import { StallMonitor } from "studio/files/stall_monitor.js";
import { restrictGlobals } from "./restrict_globals.js";
import { makeStoppable } from "./stop.js";

/** @typedef {import("studio/types/protocol").ToWorker} ToWorker */
/** @typedef {import("studio/types/protocol").FromWorker} FromWorker */

/** Python's side of the messages: pystudio.browser.bridge.Bridge. */
let bridge;
/** @type {BootProgress} */
let bootProgress;
let booted = false;
const waiting = new Set(); // ids of calls not yet answered
const preparing = new Set(); // ids of those that Python does not have yet
const dropped = new Set(); // ids of those that were cancelled meanwhile
/** Where messages to the page go. @type {{postMessage: (message: FromWorker, transfer?: Transferable[]) => void}} */
let page = self;
const host = openHost(message => page.postMessage(message, buffersIn(message)));

restrictGlobals();
/** What comes out here is not a failure that Python tells: Python itself is gone. @param {MessageEvent<ToWorker>} event */
const onData = ({ data }) => onMessage(data).catch(reportFatal);
self.onmessage = onData;

/** @param {ToWorker} message */
async function onMessage(message) {
  if ("start" in message) {
    if (message.page) {
      message.page.onmessage = onData;
      page = message.page;
    }
    return boot(message.start, message.files);
  }
  return "cancel" in message ? cancel(message.cancel) : answer(message);
}

/** @param {import("studio/types/shared").Start} start @param {MessagePort} files */
async function boot(start, files) {
  bootProgress = new BootProgress(stepsOf(start.manifest, start.network), start.manifest.bytes, report);
  const stallMonitor = new StallMonitor(start.stallSeconds, path => page.postMessage({ event: "stall", file: path && bootProgress.titleOf(path) }));
  openFiles(start, files, bootProgress, stallMonitor, (error, path) => {
    if (!booted && !isOptional(start.manifest, path)) reportFatal(error);
    else if (error.damaged) page.postMessage({ event: "damaged", file: path });
  });
  bootNetworks(start, bootProgress);
  const [python] = await Promise.all([bootPython(start, bootProgress, reportFatal), openSession(start.network)]);
  bridge = python.bridge;
  booted = true;
  page.postMessage({ event: "ready", startedFrom: python.startedFrom, snapshotFailure: python.snapshotFailure });
}

/** @param {import("studio/types/protocol").BootStep[]} steps */
function report(steps) {
  if (!booted) return page.postMessage({ event: "boot", steps });
  for (const progress of bootProgress.onDemand) waiting.forEach(id => page.postMessage({ id, progress }));
}

/** @param {number} id */
function cancel(id) {
  if (preparing.has(id)) dropped.add(id);
  else host.withoutInterrupts(() => bridge.cancel(id));
}

/** Before a call that may be stopped: the page gets the way to do so. */
async function prepare(id) {
  preparing.add(id);
  await makeStoppable(port => page.postMessage({ event: "stop", port }, [port])).finally(() => preparing.delete(id));
}

/** @param {import("studio/types/protocol").CallMessage} message */
async function answer({ id, call, arguments: args, stoppable }) {
  waiting.add(id);
  try {
    if (stoppable) await prepare(id);
    if (dropped.delete(id)) return page.postMessage({ id, error: { kind: "cancelled", message: "Cancelled.", remedy: "" } });
    const message = await bridge.handle(id, call, args);
    page.postMessage(message, buffersIn(message));
    if (host.outOfMemory) reportFatal(new EngineError("The browser gave the studio no more memory.", "Try again; your photo and your mask are kept."));
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

function reportFatal(error) {
  console.error(error);
  const { message, remedy, damaged } = describeError(error);
  page.postMessage({ event: "dead", message, remedy, damaged });
}

/** @returns {{message: string, remedy: string, damaged?: string}} */
function describeError(error) {
  if (error?.kind === "engine") return error;
  if (/memory|allocate|allocation/i.test(error?.message ?? ""))
    return { message: "The browser gave Python too little memory.", remedy: "Close other tabs and programs, then try again; your photo and your mask are kept." };
  if (error instanceof WebAssembly.CompileError)
    return { message: "This browser refused to run WebAssembly, which Python needs.", remedy: "A setting or a rule on this computer may forbid it: try again in another browser; what you did is kept." };
  return { message: "The engine that runs Python in your browser stopped.", remedy: "Try again; your photo and your mask are kept." };
}
