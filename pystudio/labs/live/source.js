// Where the pictures of <studio-live> come from: a camera or a video file, and letting go of it. No picture is stored or sent.
import { h } from "studio/dom/dom.js";
import { problem } from "studio/util/problem.js";

const FILE = "Open a video file instead.";
const REASONS = {
  NotAllowedError: ["The camera may not be used on this page.", `Allow it in the browser's address bar and start again. ${FILE}`],
  NotFoundError: ["No camera was found on this device.", `Connect one and start again. ${FILE}`],
  OverconstrainedError: ["No camera was found on this device.", `Connect one and start again. ${FILE}`],
  NotReadableError: ["The camera is in use by another program.", `Close that program and start again. ${FILE}`],
  AbortError: ["The camera stopped before it began.", `Start again. ${FILE}`],
};

/** @typedef {{video: HTMLVideoElement, mirrored: boolean, title: string, close: () => void, ended: (listener: () => void) => void}} Source */

const screen = () => h("video", { muted: true, playsinline: true, loop: true, "aria-hidden": "true" });

/** @returns {Promise<Source>} */
export async function openCamera() {
  if (!navigator.mediaDevices?.getUserMedia) throw problem("Browsers give the camera only to pages opened over https or from this computer.", FILE);
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" }, audio: false }).catch((error) => {
    const [message, remedy] = REASONS[error?.name] ?? [`The camera did not start (${error?.name ?? "unknown reason"}).`, FILE];
    throw problem(message, remedy);
  });
  const video = screen();
  const close = () => {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  video.srcObject = stream;
  await started(video).catch((error) => (close(), Promise.reject(error)));
  return { video, mirrored: true, title: "Camera", close, ended: (listener) => stream.getTracks().forEach((track) => track.addEventListener("ended", listener, { once: true })) };
}

/** @param {File} file @returns {Promise<Source>} */
export async function openVideo(file) {
  const video = screen();
  const address = URL.createObjectURL(file);
  const close = () => {
    video.pause();
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(address);
  };
  video.src = address;
  await started(video).catch(() => {
    close();
    throw problem(`This browser cannot play “${file.name}”.`, "Choose a video in WebM or MP4.");
  });
  return { video, mirrored: false, title: file.name, close, ended: () => {} };
}

/** Wait for the first picture. @param {HTMLVideoElement} video */
async function started(video) {
  const ready = new Promise((resolve, reject) => {
    video.addEventListener("loadeddata", resolve, { once: true });
    video.addEventListener("error", () => reject(video.error), { once: true });
  });
  video.play().catch(() => {}); // where it may not begin by itself, "loadeddata" still comes
  await ready;
  if (!video.videoWidth) throw problem("There are no pictures in this video.", "Choose another one.");
}
