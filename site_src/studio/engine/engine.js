// The page's side of the engine: starts it, calls it, starts it again when it dies. No photo and no mask here.
import { forgetDamaged, refetch, replaceDamaged, startWorker } from "./spawn_worker.js";
import { isWellFormed } from "./envelope.js";
import { hosted, MANIFEST, REMEDIES, FETCH_STALL_SECONDS, START_STALL_SECONDS, urlOf } from "studio/files/loader.js";
import { missingFeatures } from "./feature_check.js";
import { problem } from "studio/util/problem.js";
import { StallMonitor } from "studio/files/stall_monitor.js";

/** @typedef {import("studio/types/protocol").Calls} Calls */
/** @typedef {import("studio/types/protocol").BootStep} BootStep */
/** @typedef {import("studio/types/protocol").FromWorker} FromWorker */
/** @typedef {import("./spawn_worker.js").EngineWorker} EngineWorker */
/** @typedef {"boot"|"progress"|"output"|"state"|"stall"|"restart"} EngineEvent */
/** @typedef {{resolve: (reply: any) => void, reject: (error: any) => void, program: boolean}} PendingCall */

const DEFAULT_NETWORK = "deeplab_s16";
const STOPPED = { kind: "engine", message: "The engine stopped before it could answer.", remedy: "It starts again; please try once more." };
/** The error of a reader's own program that the worker ended with: by the cause that Pyodide knows, or without one. */
const PROGRAM_ENDED = {
  recursion: { kind: "program", message: "This program called itself without end, and Python had to start again." },
  unknown: { kind: "program", message: "Running this program ended Python, which had to start again." },
  several: { kind: "program", message: "Python ended while this program and another one ran, and had to start again." },
};
const WORK_IS_KEPT = "Your photo and your mask are kept.";

const UNINTERRUPTIBLE = { message: "Python was in the middle of one long step and could not be interrupted.", remedy: "It starts again; your photo and your mask are kept." };
/** A stopped call is asked so often to end, then the worker ends: 2.4 s, and more where the page itself is held up and cannot hear the answer. */
const INTERRUPT_ATTEMPTS = 12;
/** Milliseconds between two of them. */
const INTERRUPT_INTERVAL_MS = 200;

const CRASHED = { message: "The engine that runs Python in your browser stopped.", remedy: "Try again; your photo and your mask are kept." };
const NOT_STARTED = problem("The engine that runs Python in your browser did not start.", hosted
  ? REMEDIES.absent
  : "Copy the whole folder again. If that does not help, a rule on this computer may forbid it: try Chrome, Edge or Firefox as they are installed, or the web address of this site.", "engine");
const PROGRAM = { message: "A program on this page ended Python.", remedy: "It starts again; your photo and your mask are kept." };
const REFETCHING = { message: "The engine that runs Python was ended, to ask again for what did not arrive.", remedy: "It starts again; your photo and your mask are kept." };
const RESTARTED = { message: "Python was ended, as you asked.", remedy: "It starts again; your photo and your mask are kept." };
/** A worker that was ready for less than this (ms) died early. How long it took to start says nothing: that depends on the machine. */
const EARLY_DEATH_MS = 60_000;
/** So many may die early, one after the other; then the visitor is asked. */
const MAX_EARLY_DEATHS = 3;

/** A failure in words for the visitor. */
export class StudioFailure extends Error {
  /** @param {{kind: string, message: string, remedy: string}} error */
  constructor({ kind, message, remedy }) {
    super(message);
    this.name = "StudioFailure";
    this.kind = kind;
    this.remedy = remedy;
  }
}

/** A caller that awaits start() gets its failure; "state" notifies everybody else. @template T @param {Promise<T>} promise */
const swallowRejection = promise => (promise.catch(() => {}), promise);

class Engine {
  /** @type {"idle"|"loading"|"ready"|"error"} */
  state = "idle";
  /** @type {BootStep[]} */
  steps = [];
  /** @type {StudioFailure|null} */
  failure = null;
  /** What Python started from, once it is ready: the build's memory snapshot, or Pyodide's own files. @type {"snapshot"|"files"|null} */
  startedFrom = null;
  /** Why it did not start from the snapshot. @type {string|null} */
  snapshotFailure = null;
  /** What does not arrive, while the connection is silent. @type {string|null} */
  stalled = null;
  /** @type {Map<EngineEvent, Set<(value: any) => void>>} */
  #listeners = new Map();
  /** Calls that are not answered yet, by their numbers. @type {Map<number, PendingCall>} */
  #pending = new Map();
  #next = 1;
  /** @type {EngineWorker|null} */
  #worker = null;
  /** Ends the worker, and what is being fetched for it. */
  #end = () => {};
  /** While the engine starts: any progress is heard, in fetching and in computing. */
  #stallMonitor = new StallMonitor(START_STALL_SECONDS, waits => this.#setStalled("start", waits && this.#stalledStep()));
  #workerArrived = () => {};
  /** What does not arrive or go on, by who noticed it. @type {Record<"worker"|"start", string|null>} */
  #stalledBy = { worker: null, start: null };
  /** @type {Promise<void>|null} */
  #started = null;
  #network = DEFAULT_NETWORK;
  #readySince = 0;
  /** Workers that died early, one after the other. */
  #earlyDeaths = 0;
  /** Why Python ended, where its own last words tell. @type {"recursion"|null} */
  #cause = null;
  /** The call that was answered last was a reader's program. */
  #ranProgram = false;

  /** Listen to "boot" (BootStep[]), "progress" (BootStep of a file that a call waits for), "output" ({key, output}, told while a call is at work), "state", "stall" (what does not arrive, or null) or "restart" (StudioFailure). Returns a function that stops listening. @param {EngineEvent} event @param {(value: any) => void} listener */
  on(event, listener) {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set.add(listener));
    return () => set.delete(listener);
  }

  /** @param {EngineEvent} event @param {any} value */
  #emit(event, value) {
    this.#listeners.get(event)?.forEach(listener => listener(value));
  }

  /** @param {"idle"|"loading"|"ready"|"error"} state */
  #setState(state) {
    this.state = state;
    this.#emit("state", state);
  }

  /** Start the engine, once; later calls get the same promise. One that could not be started waits for retry(). @param {string} [network] fetched beside Python */
  start(network) {
    if (network && this.state === "idle") this.#network = network;
    if (this.state === "error") this.#started ??= swallowRejection(Promise.reject(this.failure));
    return this.#started ??= this.#boot();
  }

  /** @returns {Promise<void>} */
  #boot() {
    this.failure = null;
    this.#setState("loading");
    /** @type {Promise<void>} */
    const started = new Promise((resolve, reject) => {
      this.#rejectStart = reject;
      this.#resolveStart = resolve;
      Promise.resolve().then(() => this.#spawn());
    });
    return swallowRejection(started);
  }

  #spawn() {
    try {
      this.#openWorker();
    } catch (error) {
      const failure = /** @type {any} */ (error);
      this.#workerDied(failure.remedy ? failure : CRASHED);
    }
  }

  #openWorker() {
    const absent = missingFeatures();
    if (absent) throw absent;
    const start = { manifest: MANIFEST, network: this.#network, stallSeconds: FETCH_STALL_SECONDS, remedies: REMEDIES };
    const { worker, end } = startWorker(start);
    this.#end = end;
    this.#workerArrived = this.#stallMonitor.expect(MANIFEST.worker);
    worker.then(
      made => end === this.#end && this.#listenTo(made),
      error => end === this.#end && this.#failToStart(error),
    );
  }

  /** @param {EngineWorker} worker */
  #listenTo(worker) {
    this.#worker = worker;
    let hasAnswered = false;
    worker.onmessage = ({ data }) => {
      if (worker !== this.#worker) return;
      hasAnswered = true;
      this.#onMessage(data);
    };
    worker.onerror = event => {
      event.preventDefault();
      if (worker === this.#worker) this.#workerDied(hasAnswered ? CRASHED : NOT_STARTED);
    };
  }

  /** @param {any} error its `damaged` is the file that is not the site's */
  #failToStart(error) {
    if (error.damaged && refetch(error.damaged)) return this.again(); // the host itself is asked, once
    this.#workerDied(error.remedy ? error : NOT_STARTED);
  }

  /** The step of the start that makes no progress, in words. */
  #stalledStep() {
    return this.#unfinished?.title ?? "The engine that runs Python";
  }

  get #unfinished() {
    return this.steps.find(step => !step.finished);
  }

  /** Whether what makes no progress is all there, and being computed. */
  get computing() {
    return this.state === "loading" && !this.#stalledBy.worker && this.#unfinished?.done === this.#unfinished?.total && Boolean(this.#unfinished);
  }

  /** @type {(value?: any) => void} */
  #resolveStart = () => {};
  /** @type {(failure: StudioFailure) => void} */
  #rejectStart = () => {};

  /** Interrupts the Python that runs now; the worker brings the way. */
  #interrupt = () => {};

  /** @param {unknown} message */
  #onMessage(message) {
    if (!isWellFormed(message)) return;
    if (message.event === "boot") {
      this.steps = message.steps;
      this.#stallMonitor.received();
      this.#emit("boot", message.steps);
    } else if (message.event === "ready") {
      this.startedFrom = message.startedFrom;
      this.snapshotFailure = message.snapshotFailure ?? null;
      this.#readySince = performance.now();
      this.#workerArrived();
      this.#setState("ready");
      this.#resolveStart();
    } else if (message.event === "dead") {
      if (this.state === "loading") this.#failToStart(message);
      else this.#workerDied(message);
    } else if (message.event === "damaged") {
      replaceDamaged(message.file);
    } else if (message.event === "stall") {
      this.#setStalled("worker", message.file);
    } else if (message.event === "fatal") {
      this.#cause = message.cause === "recursion" ? "recursion" : null; // "dead" follows
    } else if (message.event === "output") {
      this.#emit("output", message);
    } else if (message.event === "stop") {
      this.#interrupt = () => message.port.postMessage(null);
      message.port.postMessage(null); // the greeting it waits for
    } else {
      this.#settle(message);
    }
  }

  /** @param {import("studio/types/protocol").Answer} answer */
  #settle({ id, reply, error, progress }) {
    const call = this.#pending.get(id);
    if (!call) return;
    if (progress) return this.#emit("progress", progress);
    if (error?.kind === "memory") return this.#workerDied({ ...CRASHED, message: error.message }, { fatalCall: { id, error } }); // a WebAssembly heap never shrinks: only a new worker has memory again
    this.#pending.delete(id);
    this.#ranProgram = call.program;
    if (error) call.reject(new StudioFailure(error));
    else call.resolve(reply);
  }

  /** @param {"worker"|"start"} who noticed it @param {string|null} what does not arrive, or does not go on; null: it does again, or is not awaited any more */
  #setStalled(who, what) {
    this.#stalledBy[who] = what;
    const stalled = this.#stalledBy.worker ?? this.#stalledBy.start;
    if (stalled === this.stalled) return;
    this.stalled = stalled;
    this.#emit("stall", stalled);
  }

  /** End a stoppable call: by a cancel where it waits, by an interrupt where it computes, else with the worker. @param {number} id */
  #stop(id) {
    const retryInterrupt = (/** @type {number} */ left) => {
      if (!this.#pending.has(id)) return;
      if (!left) return this.#workerDied(UNINTERRUPTIBLE, { requested: true });
      this.#interrupt(); // once more: code may have caught the last one
      setTimeout(retryInterrupt, INTERRUPT_INTERVAL_MS, left - 1);
    };
    this.#worker?.postMessage({ cancel: id });
    retryInterrupt(INTERRUPT_ATTEMPTS);
  }

  /**
   * The worker is of no more use. Start another, unless it never was ready or the last ones died early.
   * @param {{message: string, remedy: string}} failure
   * @param {{requested?: boolean, fatalCall?: {id: number, error: any}}} [how] requested: the visitor stopped it; fatalCall: the call that it died of, and the error of that one
   */
  #workerDied({ message, remedy }, { requested = false, fatalCall } = {}) {
    const unanswered = [...this.#pending];
    const programs = requested ? [] : unanswered.filter(([id, call]) => call.program && id !== fatalCall?.id);
    const ended = { ...PROGRAM_ENDED[programs.length > 1 ? "several" : this.#cause ?? "unknown"], remedy: WORK_IS_KEPT };
    const byProgram = programs.length > 0 || this.#ranProgram || (fatalCall && this.#pending.get(fatalCall.id)?.program);
    this.#discardWorker();
    const again = this.state === "ready" && (requested || byProgram || this.#mayRestart());
    const failure = this.failure = new StudioFailure({ kind: "engine", message, remedy, ...(programs.length > 0 && message === CRASHED.message ? PROGRAM : {}) });
    this.#pending.clear();
    const errorOf = (/** @type {number} */ id, /** @type {PendingCall} */ call) => (id === fatalCall?.id ? fatalCall?.error : !requested && call.program ? ended : STOPPED);
    for (const [id, call] of unanswered) call.reject(again ? new StudioFailure(errorOf(id, call)) : failure);
    this.#rejectStart(failure);
    this.#started = null;
    if (!again) return this.#setState("error");
    this.#started = this.#boot();
    this.#emit("restart", failure);
  }

  #discardWorker() {
    this.#end();
    this.#end = () => {};
    this.#worker = null;
    this.#interrupt = () => {};
    this.#workerArrived();
    this.#setStalled("worker", null);
    this.#setStalled("start", null);
    this.#cause = null;
    this.#ranProgram = false;
  }

  /** Fetch afresh what does not arrive: the visitor asked for it. Whoever waits for the start waits for the new worker's. */
  again() {
    if (this.state === "ready") return this.#workerDied(REFETCHING, { requested: true });
    if (this.state !== "loading") return;
    this.#discardWorker();
    this.#spawn();
  }

  /** Start Python again with nothing in it: the visitor asked for it. */
  restart() {
    if (this.state === "ready") this.#workerDied(RESTARTED, { requested: true });
  }

  /** Whether another worker may follow one that died: if they die early, one after the other, something is wrong with this photo or this machine. */
  #mayRestart() {
    this.#earlyDeaths = performance.now() - this.#readySince < EARLY_DEATH_MS ? this.#earlyDeaths + 1 : 0;
    return this.#earlyDeaths <= MAX_EARLY_DEATHS;
  }

  /** Start again after `state` became "error": the visitor asked for it. */
  retry() {
    if (this.state !== "error") return this.start();
    forgetDamaged();
    this.#earlyDeaths = 0;
    this.#started = null;
    this.state = "idle";
    return this.start();
  }

  /**
   * Ask the studio. Waits for the engine to be ready.
   * @template {keyof Calls} K
   * @param {K} name
   * @param {Calls[K]["arguments"]} args
   * @param {{transfer?: Transferable[], signal?: AbortSignal, stoppable?: boolean}} [options] stoppable: it is a program of the reader's, and an abort also interrupts Python while it computes
   * @returns {Promise<Calls[K]["reply"]>}
   */
  async call(name, args, { transfer = [], signal, stoppable = false } = {}) {
    await this.start();
    if (signal?.aborted) throw new StudioFailure({ kind: "cancelled", message: "Cancelled.", remedy: "" });
    const id = this.#next++;
    const worker = /** @type {EngineWorker} */ (this.#worker);
    return new Promise((resolve, reject) => {
      const cancel = () => stoppable ? this.#stop(id) : worker.postMessage({ cancel: id });
      const settled = (/** @type {(value: any) => void} */ settle) => (/** @type {any} */ value) => (signal?.removeEventListener("abort", cancel), settle(value));
      this.#pending.set(id, { resolve: settled(resolve), reject: settled(reject), program: stoppable });
      signal?.addEventListener("abort", cancel);
      worker.postMessage({ id, call: name, arguments: args, stoppable }, transfer);
    });
  }
}

export const engine = new Engine();
export { MANIFEST, urlOf };
