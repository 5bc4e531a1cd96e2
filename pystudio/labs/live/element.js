// <studio-live>: a network labels a film while it runs. This file passes frames to Python, one at a time, and shows what comes back.
//
// A frame that comes while another is at work is dropped, never queued: what is seen may be late, but never later and later.
import { button, h, integer, announce, segmented, select, slider, toggle } from "studio/dom/dom.js";
import { engine } from "studio/engine/engine.js";
import { Composer } from "./compose.js";
import { openCamera, openVideo } from "./source.js";
import { MANIFEST, read } from "studio/files/loader.js";
import { ensure, isNetwork } from "studio/state/user_network_store.js";
import { networkSelect } from "studio/ui/network_select.js";
import { Lab } from "studio/ui/lab.js";

const LOOKS = [
  { value: "blur", label: "Blur" }, { value: "mask", label: "Mask" }, { value: "colour", label: "Colour" }, { value: "picture", label: "Picture" }, { value: "cutout", label: "Cut out" },
];
/** Longest side of what is shown: more would cost time and show nothing new. */
const SHOWN = 720;
const NO_FIGURES = "– pictures a second";
/** Figures are medians of so many frames. */
const RECENT = 30;

/** @extends {Lab<import("./options").Options>} */
export default class StudioLive extends Lab {
  photoPart() { return null; }

  build() {
    /** @type {import("./source.js").Source|null} */
    this.source = null;
    this.paused = this.atWork = false;
    /** What was seen last is no ground for the next picture: another film, network or class. */
    this.turned = true;
    this.frames = 0;
    this.canvas = h("canvas", { class: "ps-live-canvas", width: "640", height: "480", role: "img", "aria-label": "The film with the effect" });
    this.composer = new Composer(this.canvas);
    this.frame = new OffscreenCanvas(1, 1);
    this.input = new OffscreenCanvas(1, 1);
    this.times = [];
    this.makeControls();
    this.watchFor();
    return this.arrange();
  }

  makeControls() {
    const wanted = this.setting("network", this.options.network, isNetwork);
    this.network = networkSelect({ value: wanted in MANIFEST.networks ? wanted : this.options.network, onChange: (name) => (this.remember("network", name), this.loadAbout()) });
    this.label = select({ label: "Class", options: [], value: "", onChange: () => (this.turned = true) });
    this.label.element.hidden = true;
    const look = this.optionOrSetting("look");
    this.look = segmented({ label: "Effect", options: LOOKS, value: look, onChange: (value) => (this.remember("look", value), this.arrangeFor(value)) });
    this.strength = slider({ label: "Blur", min: 6, max: 40, value: 20 });
    this.smoothing = slider({ label: "Calm", min: 0, max: 80, step: 10, value: 30, format: (value) => `${value}%` });
    this.picture = select({ label: "Picture", options: MANIFEST.photos.map(({ name, title }) => ({ value: name, label: title })), value: MANIFEST.photos.at(-1).name, onChange: () => this.takePicture() });
    this.mirror = toggle({ label: "Mirrored", checked: true, onChange: () => this.turn() });
    this.start = button({ label: "Start the camera", icon: "camera", kind: "primary", onClick: () => this.open(openCamera) });
    this.file = h("input", { type: "file", accept: "video/*", class: "ps-sr", tabindex: "-1", "aria-label": "Video file", onchange: () => this.chosen() });
    this.video = button({ label: "Open a video", icon: "file", onClick: () => this.file.click() });
    this.pause = button({ label: "Pause", icon: "pause", pressed: false, onClick: () => this.setPaused(!this.paused) });
    this.stop = button({ label: "Stop", icon: "stop", onClick: () => this.close() });
    this.facts = h("p", { class: "ps-live-facts", role: "group", "aria-label": "Speed" }, NO_FIGURES);
    this.promise = h("p", { class: "ps-hint" }, "Nothing is recorded. Every picture is forgotten as soon as the next one comes, and none leaves this device.");
    this.arrangeFor(this.look.value);
    this.showButtons();
  }

  arrange() {
    const idle = h("p", { class: "ps-live-idle" }, "The film will be seen here: start the camera, or open a video.");
    const stage = h("div", { class: "ps-live-stage" }, this.canvas, idle, this.bootPanel());
    return h("div", { class: "ps-desk" }, h("div", { class: "ps-toolbar", role: "group", "aria-label": "Film" }, this.start, this.video, this.file, this.pause, this.stop, this.network.element, this.label.element),
      h("div", { class: "ps-toolbar", role: "group", "aria-label": "Effect" }, this.look.element, this.strength.element, this.picture.element, this.smoothing.element, this.mirror.element),
      stage, h("div", { class: "ps-live-words" }, this.facts, this.promise));
  }

  watchFor() {
    document.addEventListener("visibilitychange", () => this.resume());
    addEventListener("pagehide", () => this.close());
    new IntersectionObserver((entries) => ((this.near = entries.at(-1).isIntersecting), this.resume()), { rootMargin: "80px" }).observe(this);
    engine.on("restart", () => (this.known = "")); // the picture at work ends by itself
    engine.on("state", (state) => {
      if (state === "ready") this.loadAbout().then(() => this.resume());
      if (state === "error" && this.source) this.close(); // no camera stays on for nobody
    });
    if (engine.state === "ready") this.loadAbout();
  }

  disconnectedCallback() { this.close(); }

  /** What the chosen network wants to see, and what it can look for. */
  async loadAbout() {
    const { value } = this.network;
    if (this.known === value || engine.state !== "ready") return;
    const facts = await this.work(ensure(value).then(() => engine.call("live.about", { network: value })));
    if (!facts || value !== this.network.value) return;
    this.info = facts;
    this.known = value;
    this.label.select.replaceChildren(...facts.ids.map((id, k) => h("option", { value: String(id) }, facts.names[k])));
    this.label.value = String(facts.default);
    this.label.element.hidden = facts.ids.length < 2;
    this.times = [];
    this.turned = true;
  }

  // ------------------------------------------------------------------ what the visitor does
  /** Only the controls of this effect are there. @param {string} look */
  arrangeFor(look) {
    this.strength.element.hidden = look !== "blur";
    this.picture.element.hidden = look !== "picture";
    if (look === "picture" && !this.composer.picture) this.takePicture();
  }

  async takePicture() {
    const { value } = this.picture, photo = MANIFEST.photos.find(({ name }) => name === value);
    const bitmap = await this.work(read(photo.file).then((blob) => createImageBitmap(blob)));
    if (!bitmap || value !== this.picture.value) return bitmap?.close();
    this.composer.picture?.close();
    this.composer.picture = bitmap;
  }

  chosen() {
    const [file] = this.file.files ?? [];
    this.file.value = "";
    if (file) this.open(() => openVideo(file));
  }

  /** @param {() => Promise<import("./source.js").Source>} opener */
  async open(opener) {
    this.close();
    this.clearError();
    const ticket = (this.ticket = {});
    const late = () => ticket !== this.ticket || !this.isConnected;
    const source = await this.work(opener().catch((error) => late() ? null : Promise.reject(error)));
    if (!source) return;
    if (late()) return source.close();
    this.source = source;
    source.ended(() => source === this.source && (this.close(), this.showError({ message: "The camera was taken away.", remedy: "Connect it and start again." })));
    this.mirror.checked = source.mirrored;
    this.turn();
    this.setPaused(false);
    this.times = [];
    this.turned = true;
    announce(`${source.title} started.`);
  }

  close() {
    this.ticket = null;
    this.source?.close();
    this.source = null;
    for (const canvas of [this.canvas, this.frame, this.input]) canvas.width = Number(canvas.width); // which clears it: no picture stays
    this.facts.textContent = NO_FIGURES;
    delete this.dataset.film;
    this.showButtons();
  }

  /** @param {boolean} paused */
  setPaused(paused) {
    this.paused = paused;
    this.pause.setAttribute("aria-pressed", String(paused));
    if (paused) this.source?.video.pause();
    else this.source?.video.play().catch(() => {});
    this.showButtons();
    this.resume();
  }

  showButtons() {
    const on = Boolean(this.source), focused = [this.start, this.pause, this.stop].find((each) => each === document.activeElement);
    this.pause.hidden = this.stop.hidden = !on;
    this.start.hidden = on;
    if (focused?.hidden) (on ? this.pause : this.start).focus();
    if (on) this.dataset.film = this.paused ? "paused" : "running";
  }

  turn() { this.canvas.classList.toggle("ps-live-mirrored", this.mirror.checked); }

  // ------------------------------------------------------------------ the loop
  get awake() {
    return this.source && !this.paused && !document.hidden && this.near !== false && this.known && engine.state === "ready";
  }

  /** Go on, if there is anything to go on with. */
  resume() {
    if (this.atWork || !this.awake) return;
    this.atWork = true;
    this.next();
  }

  next() {
    if (!this.awake) return void (this.atWork = false);
    const { video } = this.source;
    const go = () => this.once().catch((error) => this.onFailure(error));
    if ("requestVideoFrameCallback" in video && !video.paused) {
      const timer = setTimeout(() => (video.cancelVideoFrameCallback(id), go()), 500); // a film of one picture has no next
      const id = video.requestVideoFrameCallback(() => (clearTimeout(timer), go()));
    } else requestAnimationFrame(go);
  }

  /** @param {any} error */
  onFailure(error) {
    this.atWork = false;
    if (error === engine.failure || error?.kind === "engine") return; // it starts again, and so does the film
    this.setPaused(true);
    this.work(Promise.reject(error));
  }

  /** One frame: look, ask, show. */
  async once() {
    if (!this.awake) return void (this.atWork = false);
    const { source } = this, network = this.known, begun = performance.now();
    const pixels = this.grab(source.video);
    const first = this.turned;
    this.turned = false;
    const found = await engine.call("live.frame", { network, ...pixels, label: Number(this.label.value) || 1, smoothing: this.smoothing.value / 100, first }, { transfer: [pixels.pixels] });
    if (source === this.source && network === this.known) {
      this.composer.draw(this.frame, found, /** @type {any} */ (this.look.value), this.strength.value);
      this.count(begun, found);
    }
    this.next();
  }

  /** Keep this picture of the film, and a small copy of it for the network. @param {HTMLVideoElement} video */
  grab(video) {
    const { videoWidth, videoHeight } = video, { info } = this;
    const size = (canvas, longest, fixed) => {
      const factor = Math.min(1, longest / Math.max(videoWidth, videoHeight));
      const [width, height] = fixed ?? [Math.max(8, Math.round(videoWidth * factor)), Math.max(8, Math.round(videoHeight * factor))];
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      return canvas.getContext("2d", { willReadFrequently: canvas === this.input });
    };
    const shown = size(this.frame, SHOWN), small = size(this.input, info.columns, info.fixed ? [info.columns, info.rows] : null);
    shown.drawImage(video, 0, 0, this.frame.width, this.frame.height);
    small.drawImage(this.frame, 0, 0, this.input.width, this.input.height);
    const { data } = small.getImageData(0, 0, this.input.width, this.input.height);
    return { rows: this.input.height, columns: this.input.width, pixels: /** @type {ArrayBuffer} */ (data.buffer) };
  }

  /** @param {number} begun @param {import("studio/types/protocol").LiveAlpha} found */
  count(begun, { python, inference, share }) {
    const now = performance.now();
    this.frames += 1;
    this.dataset.frames = String(this.frames);
    this.times.push({ now, latency: now - begun, python: 1000 * python, inference: 1000 * inference });
    if (this.times.length > RECENT) this.times.shift();
    if (this.frames % 5 && this.times.length > 5) return;
    const middle = (/** @type {"latency"|"python"|"inference"} */ key) => this.times.map((each) => each[key]).sort((a, b) => a - b)[this.times.length >> 1];
    const rate = this.times.length > 1 ? (1000 * (this.times.length - 1)) / (now - this.times[0].now) : 0;
    this.dataset.rate = rate.toFixed(1);
    this.facts.replaceChildren(h("strong", null, `${rate.toFixed(1)} pictures a second`), ` · each is shown ${integer(middle("latency"))} ms after it was taken: ${integer(middle("inference"))} ms the network, ${integer(middle("python"))} ms Python, the rest copying and drawing · ${Math.round(100 * share)}% of the picture belongs to the class`);
  }
}
