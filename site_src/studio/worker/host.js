// What Python may ask of its worker while a call is at work: tell the page something, be interruptible. Python's side of it is
// pystudio/browser/host.py, which finds this as the global `studioHost`.
import { arm, disarm } from "./stop.js";

/** Printed text goes to the page not more often than this (ms): a loop that prints would drown it. */
const OFTEN = 60;

/** Whether the browser's stack was used up: its words differ. @param {any} error */
const isOverflow = error => /maximum call stack|too much recursion/i.test(String(error?.message));

/** A program that closes the worker would leave the page waiting for ever. */
for (let owner = self; owner; owner = Object.getPrototypeOf(owner)) {
  if (Object.hasOwn(owner, "close")) Object.defineProperty(owner, "close", { value() { throw new Error("the worker of the page stays open"); } });
}

/** @param {(message: object) => void} post to the page, moving buffers */
export function openHost(post) {
  let python;
  let waiting = { key: "", text: "" };
  let posted = 0;
  let armed = false;
  let spent = false;

  const flush = () => {
    posted = performance.now();
    if (!waiting.text) return;
    const { key, text } = waiting;
    waiting = { key, text: "" };
    post({ event: "output", key, output: { kind: "text", text } });
  };
  const on = () => (armed = true, arm(python, flush));
  const off = () => (armed = false, disarm(python), flush());

  Object.assign(self, { studioHost: {
    /** Called once, by Python. */
    take(pyodide) {
      python = pyodide;
      const fell = python._api.on_fatal; // tells that Python is gone
      python._api.on_fatal = error => (post({ event: "fatal", cause: isOverflow(error) ? "recursion" : null }), fell?.(error));
    },
    text(key, text) {
      if (key !== waiting.key) flush();
      waiting = { key, text: waiting.text + text };
      if (performance.now() - posted > OFTEN) flush();
    },
    output(key, output) {
      flush();
      post({ event: "output", key, output });
    },
    exhausted() { spent = true; },
    arm: on,
    disarm: off,
  } });

  return {
    /** Python has no memory left to go on with. */
    get spent() { return spent; },

    /** Do something of ours in Python without being interrupted in it. @param {() => void} task */
    calmly(task) {
      const before = armed;
      if (before) disarm(python);
      try {
        task();
      } finally {
        if (before) arm(python, flush);
      }
    },
  };
}
