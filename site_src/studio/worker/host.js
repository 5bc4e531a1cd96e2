// What Python may ask of its worker while a call is at work: tell the page something, be interruptible. Python's side of it is
// pystudio/browser/host.py, which finds this as the global `studioHost`.
import { enableInterrupts, disableInterrupts } from "./stop.js";

/** Printed text goes to the page not more often than this (ms): a loop that prints would drown it. */
const FLUSH_INTERVAL_MS = 60;

/** Whether the browser's stack was used up: its words differ. @param {any} error */
const isOverflow = error => /maximum call stack|too much recursion/i.test(String(error?.message));

/** A program that closes the worker would leave the page waiting for ever. */
for (let owner = self; owner; owner = Object.getPrototypeOf(owner)) {
  if (Object.hasOwn(owner, "close")) Object.defineProperty(owner, "close", { value() { throw new Error("the worker of the page stays open"); } });
}

/** @param {(message: import("studio/types/protocol").FromWorker) => void} post to the page, moving buffers */
export function openHost(post) {
  let python;
  let waiting = { key: "", text: "" };
  let posted = 0;
  let armed = false;
  let outOfMemory = false;

  const flush = () => {
    posted = performance.now();
    if (!waiting.text) return;
    const { key, text } = waiting;
    waiting = { key, text: "" };
    post({ event: "output", key, output: { kind: "text", text } });
  };
  const on = () => (armed = true, enableInterrupts(python, flush));
  const off = () => (armed = false, disableInterrupts(python), flush());

  Object.assign(self, { studioHost: {
    /** Called once, by Python. */
    take(pyodide) {
      python = pyodide;
      const previousHandler = python._api.on_fatal; // tells that Python is gone
      python._api.on_fatal = error => (post({ event: "fatal", cause: isOverflow(error) ? "recursion" : null }), previousHandler?.(error));
    },
    text(key, text) {
      if (key !== waiting.key) flush();
      waiting = { key, text: waiting.text + text };
      if (performance.now() - posted > FLUSH_INTERVAL_MS) flush();
    },
    output(key, output) {
      flush();
      post({ event: "output", key, output });
    },
    exhausted() { outOfMemory = true; },
    arm: on,
    disarm: off,
  } });

  return {
    /** Python has no memory left to go on with. */
    get outOfMemory() { return outOfMemory; },

    /** Do something of ours in Python without being interrupted in it. @param {() => void} task */
    withoutInterrupts(task) {
      const before = armed;
      if (before) disableInterrupts(python);
      try {
        task();
      } finally {
        if (before) enableInterrupts(python, flush);
      }
    },
  };
}
