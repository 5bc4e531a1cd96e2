// The base class of the labs: their state, the photo above them, what went wrong, and the progress of the start.
import { bootPanel, engineFailure } from "./boot_panel.js";
import { button, h, icon } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { classAppearance } from "studio/viewer/class_appearance.js";
import { isOption, readOptions } from "./options.js";
import { photoLine, PhotoPicker } from "./photo_picker.js";
import { stallNotice } from "./stall_notice.js";
import { isIgnorable, store } from "studio/state/store.js";

/** @typedef {{message: string, remedy?: string, action?: Node}} Trouble */

/** @typedef {{title?: string, height?: number}} LabOptions */

/** Elements of a subclass fill `build()`; everything else here is done for them. @abstract @template {LabOptions} [Options=LabOptions] */
export class Lab extends HTMLElement {
  /** The options in the lab's lab.toml; the build brings them. @type {import("./options.js").Schema} */
  static schema = {};

  /** What the lesson's block says, defaults filled in. @type {Options} */
  options = /** @type {any} */ ({});

  connectedCallback() {
    if (this.built) return;
    this.built = true;
    this.options = /** @type {Options} */ (readOptions(this, this.schema));
    /** Tasks of this element that run now; see work(). */
    this.working = 0;
    this.alert = h("div", { class: "ps-alert", role: "alert", hidden: true });
    this.notice = h("div", { class: "ps-notice", role: "status", hidden: true });
    if (this.options.height) this.style.setProperty("--ps-height", `${this.options.height}px`);
    const order = [...document.querySelectorAll(".ps[data-state]")].indexOf(this);
    /** Prefix of what this element remembers: several of a kind may stand on one page. */
    this.memory = `${this.localName}.${order}`;
    /** The first studio element of the page has the photo strip, and tells what concerns them all. */
    this.first = (document.querySelector(".ps[data-state]:not(studio-cell)") ?? document.querySelector(".ps[data-state]")) === this;
    /** Other tabs have painted on this photo, too. */
    this.versions = this.first && h("div", { class: "ps-notice ps-versions", role: "status", hidden: true });
    const picker = this.photoPart();
    const body = this.build();
    this.replaceChildren(...[this.options.title && h("p", { class: "ps-title" }, this.options.title), picker, this.notice, this.versions, this.alert, stallNotice(), body].filter(Boolean));
    this.#listen();
    this.refresh();
    if (this.first && store.notice) this.showNotice(store.notice);
    if (this.first) this.#showVersions(store.memory.others);
    if (store.photo) this.onPhoto(store.photo);
    if (store.labels) this.onLabels(store.labels);
  }

  /** What tells and changes the photo; null in elements that show none. @returns {HTMLElement|null} */
  photoPart() { return this.first ? new PhotoPicker(this).element : photoLine(this); }

  #listen() {
    engine.on("state", () => this.refresh());
    engine.on("restart", (failure) => this.#restarting(failure));
    store.on("reopened", () => this.alert.dataset.about === "restart" && this.clearError());
    // What was said is out of date when another photo is asked for, not when one arrives: meanwhile something new may have gone wrong.
    store.on("busy", ({ what, busy }) => what === "photo" && (busy && !this.dead && this.clearError(), (this.loadingPhoto = busy), this.refresh()));
    store.on("photo", (photo) => (this.onPhoto(photo), this.refresh()));
    store.on("labels", (labels) => this.onLabels(labels));
    classAppearance.onChange(() => this.onAppearanceChange());
    store.on("error", (error) => this.first && this.showError(error));
    store.on("notice", ({ message }) => this.first && this.showNotice(message));
    store.on("versions", (count) => this.first && this.#showVersions(count));
  }

  /** The engine died and is being started again; the words go when it has photo and mask again. @param {Trouble} failure */
  #restarting({ message }) {
    this.showError({ message, remedy: "It starts again, with your photo and your mask." }, this.first);
    this.alert.dataset.about = "restart";
  }

  /** The content of the element. @abstract @returns {HTMLElement} */
  build() { throw new Error("build() is for the elements"); }

  /** A photo is shown from now on. @param {import("studio/state/store.js").Photo} _photo */
  onPhoto(_photo) {}

  /** The names and colours of the classes are known. @param {{names: string[], colours: number[][]}} _labels */
  onLabels(_labels) {}

  /** Classes look different from now on: draw them again. Patches of colour follow by themselves. */
  onAppearanceChange() {}

  /**
   * Keep `near` true while the element is in sight or close to it, and tell of every change: of several elements on a page only those are at work.
   * @param {(near: boolean) => void} changed
   */
  whenNear(changed) {
    new IntersectionObserver((entries) => {
      this.near = entries.at(-1).isIntersecting;
      changed(this.near);
    }, { rootMargin: "200px" }).observe(this);
  }

  /** A choice of an earlier visit, if it is still sound; see store.setting(). @template T @param {string} key @param {T} standard @param {(value: any) => boolean} [isValid] @param {(value: any) => boolean} [fits] @returns {T} */
  setting(key, standard, isValid, fits) { return store.setting(`${this.memory}.${key}`, standard, isValid, fits); }

  /** @returns {import("./options.js").Schema} */
  get schema() { return /** @type {typeof Lab} */ (this.constructor).schema; }

  /**
   * The lesson's value of an option, or what the visitor chose in its place at an earlier visit, if it is still allowed.
   * @template {keyof Options & string} Name @param {Name} name @param {string} [key] what it is remembered by @returns {Options[Name]}
   */
  optionOrSetting(name, key = name) { return this.setting(key, this.options[name], isOption(this.schema[name])); }

  /** @param {string} key @param {unknown} value */
  remember(key, value) { store.remember(`${this.memory}.${key}`, value); }

  /** The boot panel, for the overlay of the element's view. */
  bootPanel() { return bootPanel(); }

  /** Say what went wrong until it is dismissed or made good. @param {Trouble} trouble @param {boolean} [aloud] */
  showError({ message, remedy = "", action }, aloud = true) {
    delete this.alert.dataset.about;
    this.alert.setAttribute("role", aloud ? "alert" : "note");
    const words = h("p", null, h("strong", null, message), remedy && ` ${remedy}`);
    const dismiss = button({ label: "Dismiss", icon: "close", iconOnly: true, kind: "quiet", onClick: () => this.clearError() });
    this.alert.replaceChildren(icon("alert"), words, ...(action ? [action] : []), dismiss);
    this.alert.hidden = false;
  }

  clearError() {
    this.alert.hidden = true;
    delete this.alert.dataset.about;
    this.alert.replaceChildren();
    this.failed = false;
  }

  /** Something worth knowing that is not an error. @param {string} message */
  showNotice(message) {
    const dismiss = button({ label: "Dismiss", icon: "close", iconOnly: true, kind: "quiet", onClick: () => (this.notice.hidden = true) });
    this.notice.replaceChildren(icon("info"), h("p", null, message), dismiss);
    this.notice.hidden = false;
  }

  /** @param {number} count */
  #showVersions(count) {
    this.versions.hidden = count === 0;
    const many = count > 1 ? `${count} other masks of it are kept.` : "Both masks are kept.";
    this.versions.replaceChildren(...(count === 0 ? [] : [icon("info"), h("p", null, `Another tab has painted on this photo, too. ${many}`),
      button({ label: "Show the other mask", onClick: () => this.work(store.exchangeMask()) }),
      button({ label: "Keep only this one", onClick: () => this.work(store.memory.forgetOthers()) })]));
  }

  /**
   * Count a task as this element's work (data-state "running" until it ends); tell when it fails.
   * @template T @param {Promise<T>} task
   * @returns {Promise<T|undefined>} undefined when it failed or was dropped
   */
  async work(task) {
    this.working += 1;
    this.refresh();
    try {
      return await task;
    } catch (error) {
      this.#failedWith(error);
      return undefined;
    } finally {
      this.working -= 1;
      this.refresh();
    }
  }

  #failedWith(error) {
    if (isIgnorable(error)) return;
    if (error?.kind !== "input") this.failed = true;
    if (typeof error?.kind === "string") return this.showError(error);
    console.error(error);
    this.showError({ message: "Something went wrong in the studio.", remedy: "Reload the page; your work is kept." });
  }

  /** Bring data-state up to date. */
  refresh() {
    const state = this.#state();
    if (this.dataset.state === state) return;
    const wasDead = this.dead;
    this.dead = engine.state === "error";
    if (this.dead && !wasDead) this.showError(engineFailure(), this.first);
    if (wasDead && !this.dead) this.clearError();
    this.dataset.state = state;
    this.setAttribute("aria-busy", String(state === "loading" || state === "running"));
  }

  #state() {
    if (engine.state === "error") return "error";
    if (engine.state !== "ready") return "loading";
    if (this.working > 0) return "running";
    if (this.failed) return "error";
    if (!store.photo) return this.loadingPhoto ? "loading" : "error";
    return this.loadingPhoto ? "running" : "ready";
  }
}
