// The stopping of Python while it runs, from another thread. Which calls may be stopped, and what becomes of them, is not known here.
//
// A worker that computes hears no message, and a worker of opaque origin shares no memory. So a small helper worker owns a blob: address, and
// revokes it when the page says so; Python's own periodic check for signals then looks, ten times a second, whether that address can still
// be read, with the one kind of request that a busy worker can make: a synchronous one. This works over https and from file://.
//
// Python may only begin when the page has greeted the helper: Firefox hands a port on in several steps, some of which the thread that
// made it must do. If that thread computes by then, the port stays on the way for as long, and no stop ever passes through it.

/** Milliseconds between two looks. */
const CHECK_INTERVAL_MS = 100;
/** Python asks every 50 steps of its loop; the clock is read at every so manieth question. A power of two. */
const READS_PER_CHECK = 16;
const INTERRUPT = 2; // SIGINT
/** Kept here before readers' code loses it (restrict_globals.js). */
const { Worker } = self;

const HELPER = `let address;
const renew = () => postMessage(address = URL.createObjectURL(new Blob(["on"], { type: "text/plain" })));
const stop = () => URL.revokeObjectURL(address);
onmessage = ({ ports: [page] }) => page ? page.onmessage = () => (page.onmessage = stop, renew()) : renew();`;

/** Pyodide's interrupt buffer. @type {Uint8Array|null} */
let buffer = null;
/** @type {Worker|null} */
let helper = null;
let address = "";
/** Calls make ready one after the other: the helper answers one at a time. */
let queue = Promise.resolve();
let reads = 0;
let lastCheck = 0;
/** Done at every look, while Python runs. */
let onCheck = () => {};

/**
 * Make ready for a call that may be stopped.
 * @param {(port: MessagePort) => void} sendPort the page its way to stop calls, once; it sends a greeting first
 */
export function makeStoppable(sendPort) {
  return (queue = queue.catch(() => {}).then(() => prepare(sendPort)));
}

async function prepare(sendPort) {
  if (!helper) await startHelper(sendPort);
  else if (!addressIsReadable()) await renewAddress();
  buffer[0] = 0;
  lastCheck = performance.now();
}

async function startHelper(sendPort) {
  const source = URL.createObjectURL(new Blob([HELPER], { type: "text/javascript" }));
  helper = new Worker(source);
  const { port1, port2 } = new MessageChannel();
  buffer = new Uint8Array(1);
  const greeted = renewAddress(port2);
  sendPort(port1);
  await greeted;
  URL.revokeObjectURL(source);
}

/** A new address to look at. The helper that gets a port answers when the page has greeted it. @param {MessagePort} [port] @returns {Promise<void>} */
function renewAddress(port) {
  return new Promise((resolve, reject) => {
    helper.onmessage = ({ data }) => (address = data, lastCheck = performance.now(), resolve());
    helper.onerror = () => reject(new Error("the helper that stops Python did not start"));
    helper.postMessage(null, port ? [port] : []);
  });
}

/**
 * Pyodide asks its module for the buffer, and that for its first entry. The first question is answered here, mostly with "there is none":
 * an accessor with a name costs a loop of Python too little to be measured, one with a number (a buffer of our own making) a tenth of its time.
 */
function interceptSignal(module) {
  Object.defineProperty(module, "Py_EmscriptenSignalBuffer", { configurable: true, get: readSignal, set() {} });
}

function readSignal() {
  if (buffer[0]) return buffer; // Pyodide reads it, and then puts 0 into it
  if (++reads % READS_PER_CHECK) return null;
  const now = performance.now();
  if (now - lastCheck < CHECK_INTERVAL_MS) return null;
  lastCheck = now;
  onCheck();
  if (addressIsReadable()) return null;
  buffer[0] = INTERRUPT;
  return buffer;
}

function addressIsReadable() {
  const request = new XMLHttpRequest();
  try {
    request.open("GET", address, false);
    request.send();
    return request.status === 200;
  } catch {
    return false;
  }
}

/** From now on a stop interrupts Python. @param {{setInterruptBuffer: (buffer: any) => void, _module: object}} python @param {() => void} [task] done now and then */
export function enableInterrupts(python, task = () => {}) {
  onCheck = task;
  python.setInterruptBuffer(buffer ?? undefined);
  interceptSignal(python._module);
}

/** From now on it does not. @param {{setInterruptBuffer: (buffer: any) => void}} python */
export function disableInterrupts(python) {
  python.setInterruptBuffer(undefined);
}
