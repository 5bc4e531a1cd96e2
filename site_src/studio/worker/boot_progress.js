// The progress of what the engine loads: which step needs which files, how many bytes of them have come. No fetching here.

/** @typedef {import("studio/types/protocol").BootStep} BootStep */

export class BootProgress {
  /**
   * @param {{step: string, title: string, files: string[]}[]} steps
   * @param {Record<string, number>} bytes size of every file
   * @param {(steps: BootStep[]) => void} report told of every change, at most once in a frame's time
   */
  constructor(steps, bytes, report) {
    this.bytes = bytes;
    this.report = report;
    this.lastReport = 0;
    this.stepOf = new Map();
    this.steps = [];
    this.setSteps(steps);
  }

  /** Other steps from now on. One that waits for the same files as before keeps what it has. @param {{step: string, title: string, files: string[]}[]} steps */
  setSteps(steps) {
    const before = this.steps;
    this.steps = steps.map(({ step, title, files }) => {
      const same = before.find(r => r.step === step && String(r.files) === String(files));
      const record = same ?? { step, title, files, done: 0, total: files.reduce((sum, f) => sum + (this.bytes[f] ?? 0), 0), finished: false };
      files.forEach(file => this.stepOf.set(file, record));
      return record;
    });
    this.reportSteps();
  }

  /** So many bytes of a file came. A file that no step named (a network or a package asked for later) is a step of its own. */
  add(path, count) {
    const record = this.stepOf.get(path) ?? this.#addOnDemand(path);
    if (record.finished) return;
    record.done = Math.min(record.total, record.done + count);
    if (record.alone) record.finished = record.done === record.total;
    if (record.finished || performance.now() - this.lastReport > 60) this.reportSteps();
  }

  /** @param {string} path */
  #addOnDemand(path) {
    const record = { step: path, title: this.titleOf(path), done: 0, total: this.bytes[path] ?? 0, finished: false, alone: true };
    this.stepOf.set(path, record);
    this.steps.push(record);
    this.reportSteps();
    return record;
  }

  /** What a file is called on the page: by the step that waits for it, else by its own name, a wheel by its package's. @param {string} path @returns {string} */
  titleOf(path) { return this.stepOf.get(path)?.title ?? path.split("/").pop().replace(/-.*\.whl$|-[0-9a-f]{8}(?=\.)/, ""); }

  /** The files that no step named. */
  get onDemand() { return this.steps.filter(r => r.alone).map(r => ({ ...r })); }

  /** @param {string} name of a step, or of a file whose step ends with it */
  finish(name) {
    const record = this.steps.find(r => r.step === name) ?? this.stepOf.get(name);
    record.done = record.total;
    record.finished = true;
    this.reportSteps();
  }

  reportSteps() {
    this.lastReport = performance.now();
    this.report(this.steps.map(({ files, ...record }) => record));
  }
}
