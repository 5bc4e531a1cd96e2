// The page's side of the engine: starts it, calls it, starts it again when it dies. No photo and no mask here.
import { forgetDamaged, refetch, replaceDamaged, startWorker } from "./engine_worker.js";
import { isWellFormed } from "./envelope.js";
import { hosted, MANIFEST, REMEDIES, SILENCE, STALL, urlOf } from "./loader.js";
import { lacking } from "./needs.js";
import { problem } from "./problem.js";
import { Silence } from "./silence.mjs";

/** @typedef {import("./protocol").Calls} Calls */
/** @typedef {import("./types").BootStep} BootStep */

const DEFAULT_NETWORK = "deeplab_s16";
const STOPPED = { kind: "engine", message: "The engine stopped before it could answer.", remedy: "It starts again; please try once more." };
/** What a reader's own program is told that the worker ended with: by the cause that Pyodide knows, or without one. */
const ENDED = {
  recursion: { kind: "program", message: "This program called itself without end, and Python had to start again." },
  unknown: { kind: "program", message: "Running this program ended Python, which had to start again." },
  several: { kind: "program", message: "Python ended while this program and another one ran, and had to start again." },
};
const KEPT = "Your photo and your mask are kept.";

const STUCK = { message: "Python was in the middle of one long step and could not be interrupted.", remedy: "It starts again; your photo and your mask are kept." };
/** A stopped call is asked so often to end, then the worker ends: 2.4 s, and more where the page itself is held up and cannot hear the answer. */
const REQUESTS = 12;
/** Milliseconds between two of them. */
const PAUSE = 200;

const FELL = { message: "The engine that runs Python in your browser stopped.", remedy: "Try again; your photo and your mask are kept." };
const NOT_STARTED = problem("The engine that runs Python in your browser did not start.", hosted
  ? REMEDIES.absent
  : "Copy the whole folder again. If that does not help, a rule on this computer may forbid it: try Chrome, Edge or Firefox as they are installed, or the web address of this site.", "engine");
const PROGRAM = { message: "A program on this page ended Python.", remedy: "It starts again; your photo and your mask are kept." };
const AFRESH = { message: "The engine that runs Python was ended, to ask again for what did not arrive.", remedy: "It starts again; your photo and your mask are kept." };
/** A worker that was ready for less than this (ms) died young. How long it took to start says nothing: that depends on the machine. */
const YOUNG = 60_000;
/** So many may die young, one after the other; then the visitor is asked. */
const MOST_YOUNG = 3;

/** A failure in words for the visitor. */
export class StudioFailure extends Error {
  /** @param {{kind: string, message: string, remedy: string}} told */
  constructor({ kind, message, remedy }) {
    super(message);
    this.name = "StudioFailure";
    this.kind = kind;
    this.remedy = remedy;
  }
}

/** A caller that awaits start() hears of a failure; "state" tells everybody else. @template T @param {Promise<T>} promise */
const heard = promise => (promise.catch(() => {}), promise);

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
  silence = null;
  #listeners = new Map();
  #pending = new Map();
  #next = 1;
  #worker = null;
  /** Ends the worker, and what is being fetched for it. */
  #end = () => {};
  /** While the engine starts: any progress is heard, in fetching and in computing. */
  #progress = new Silence(STALL, waits => this.#fallSilent("start", waits && this.#stalledStep()));
  #arrived = () => {};
  /** What does not arrive or go on, by who noticed it. @type {Record<"worker"|"start", string|null>} */
  #silences = { worker: null, start: null };
  #started = null;
  #network = DEFAULT_NETWORK;
  #readySince = 0;
  /** Workers that died young, one after the other. */
  #young = 0;
  /** Why Python ended, where its own last words tell. @type {"recursion"|null} */
  #cause = null;
  /** The call that was answered last was a reader's program. */
  #ranProgram = false;

  /** Listen to "boot" (BootStep[]), "progress" (BootStep of a file that a call waits for), "output" ({key, output}, told while a call is at work), "state", "silence" (what does not arrive, or null) or "restart" (StudioFailure). Returns a function that stops listening. */
  on(event, listener) {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set.add(listener));
    return () => set.delete(listener);
  }

  #emit(event, value) {
    this.#listeners.get(event)?.forEach(listener => listener(value));
  }

  #become(state) {
    this.state = state;
    this.#emit("state", state);
  }

  /** Start the engine, once; later calls get the same promise. One that could not be started waits for retry(). @param {string} [network] fetched beside Python */
  start(network) {
    if (network && this.state === "idle") this.#network = network;
    if (this.state === "error") this.#started ??= heard(Promise.reject(this.failure));
    return this.#started ??= this.#boot();
  }

  #boot() {
    this.failure = null;
    this.#become("loading");
    const started = new Promise((resolve, reject) => {
      this.#abandon = reject;
      this.#ready = resolve;
      Promise.resolve().then(() => this.#spawn());
    });
    return heard(started);
  }

  #spawn() {
    try {
      this.#openWorker();
    } catch (error) {
      this.#die(error.remedy ? error : FELL);
    }
  }

  #openWorker() {
    const absent = lacking();
    if (absent) throw absent;
    const start = { manifest: MANIFEST, network: this.#network, silence: SILENCE, remedies: REMEDIES };
    const { worker, end } = startWorker(start);
    this.#end = end;
    this.#arrived = this.#progress.awaits(MANIFEST.worker);
    worker.then(
      made => end === this.#end && this.#listenTo(made),
      error => end === this.#end && this.#failToStart(error),
    );
  }

  #listenTo(worker) {
    this.#worker = worker;
    let begun = false;
    worker.onmessage = ({ data }) => {
      if (worker !== this.#worker) return;
      begun = true;
      this.#hear(data);
    };
    worker.onerror = event => {
      event.preventDefault();
      if (worker === this.#worker) this.#die(begun ? FELL : NOT_STARTED);
    };
  }

  /** @param {any} error its `damaged` is the file that is not the site's */
  #failToStart(error) {
    if (error.damaged && refetch(error.damaged)) return this.again(); // the host itself is asked, once
    this.#die(error.remedy ? error : NOT_STARTED);
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
    return this.state === "loading" && !this.#silences.worker && Boolean(this.#unfinished) && this.#unfinished.done === this.#unfinished.total;
  }

  /** @type {(value?: any) => void} */
  #ready = () => {};
  #abandon = _failure => {};

  /** Interrupts the Python that runs now; the worker brings the way. */
  #interrupt = () => {};

  #hear(message) {
    if (!isWellFormed(message)) return;
    if (message.event === "boot") {
      this.steps = message.steps;
      this.#progress.noise();
      this.#emit("boot", message.steps);
    } else if (message.event === "ready") {
      this.startedFrom = message.startedFrom;
      this.snapshotFailure = message.snapshotFailure ?? null;
      this.#readySince = performance.now();
      this.#arrived();
      this.#become("ready");
      this.#ready();
    } else if (message.event === "dead") {
      if (this.state === "loading") this.#failToStart(message);
      else this.#die(message);
    } else if (message.event === "damaged") {
      replaceDamaged(message.file);
    } else if (message.event === "silence") {
      this.#fallSilent("worker", message.file);
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

  #settle({ id, reply, error, progress }) {
    const call = this.#pending.get(id);
    if (!call) return;
    if (progress) return this.#emit("progress", progress);
    if (error?.kind === "memory") return this.#die({ ...FELL, message: error.message }, { because: { id, error } }); // a WebAssembly heap never shrinks: only a new worker has memory again
    this.#pending.delete(id);
    this.#ranProgram = call.program;
    if (error) call.reject(new StudioFailure(error));
    else call.resolve(reply);
  }

  /** @param {"worker"|"start"} who noticed it @param {string|null} what does not arrive, or does not go on; null: it does again, or is not awaited any more */
  #fallSilent(who, what) {
    this.#silences[who] = what;
    const told = this.#silences.worker ?? this.#silences.start;
    if (told === this.silence) return;
    this.silence = told;
    this.#emit("silence", told);
  }

  /** End a stoppable call: by a cancel where it waits, by an interrupt where it computes, else with the worker. */
  #stop(id) {
    const insist = (left) => {
      if (!this.#pending.has(id)) return;
      if (!left) return this.#die(STUCK, { wanted: true });
      this.#interrupt(); // once more: code may have caught the last one
      setTimeout(insist, PAUSE, left - 1);
    };
    this.#worker.postMessage({ cancel: id });
    insist(REQUESTS);
  }

  /**
   * The worker is of no more use. Start another, unless it never was ready or the last ones died young.
   * @param {{message: string, remedy: string}} told
   * @param {{wanted?: boolean, because?: {id: number, error: any}}} [how] wanted: the visitor stopped it; because: the call that it died of, and what that one is told
   */
  #die({ message, remedy }, { wanted = false, because } = {}) {
    const lost = [...this.#pending];
    const programs = wanted ? [] : lost.filter(([id, call]) => call.program && id !== because?.id);
    const ended = { ...ENDED[programs.length > 1 ? "several" : this.#cause ?? "unknown"], remedy: KEPT };
    const byProgram = programs.length > 0 || this.#ranProgram || this.#pending.get(because?.id)?.program;
    this.#dismiss();
    const again = this.state === "ready" && (wanted || byProgram || this.#outlived());
    const failure = this.failure = new StudioFailure({ kind: "engine", message, remedy, ...(programs.length > 0 && message === FELL.message ? PROGRAM : {}) });
    this.#pending.clear();
    const told = (id, call) => (id === because?.id ? because.error : !wanted && call.program ? ended : STOPPED);
    for (const [id, call] of lost) call.reject(again ? new StudioFailure(told(id, call)) : failure);
    this.#abandon(failure);
    this.#started = null;
    if (!again) return this.#become("error");
    this.#started = this.#boot();
    this.#emit("restart", failure);
  }

  #dismiss() {
    this.#end();
    this.#end = () => {};
    this.#worker = null;
    this.#interrupt = () => {};
    this.#arrived();
    this.#fallSilent("worker", null);
    this.#fallSilent("start", null);
    this.#cause = null;
    this.#ranProgram = false;
  }

  /** Fetch afresh what does not arrive: the visitor asked for it. Whoever waits for the start waits for the new worker's. */
  again() {
    if (this.state === "ready") return this.#die(AFRESH, { wanted: true });
    if (this.state !== "loading") return;
    this.#dismiss();
    this.#spawn();
  }

  /** Whether another worker may follow one that died: if they die young, one after the other, something is wrong with this photo or this machine. */
  #outlived() {
    this.#young = performance.now() - this.#readySince < YOUNG ? this.#young + 1 : 0;
    return this.#young <= MOST_YOUNG;
  }

  /** Start again after `state` became "error": the visitor asked for it. */
  retry() {
    if (this.state !== "error") return this.start();
    forgetDamaged();
    this.#young = 0;
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
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const cancel = () => stoppable ? this.#stop(id) : worker.postMessage({ cancel: id });
      const settled = settle => value => (signal?.removeEventListener("abort", cancel), settle(value));
      this.#pending.set(id, { resolve: settled(resolve), reject: settled(reject), program: stoppable });
      signal?.addEventListener("abort", cancel);
      worker.postMessage({ id, call: name, arguments: args, stoppable }, transfer);
    });
  }
}

export const engine = new Engine();
export { MANIFEST, urlOf };
