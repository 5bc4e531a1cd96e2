// One still from the camera. The picture stays on this device, and the camera is off again as soon as the dialog is.
import { button, h } from "studio/dom/dom.js";
import { problem } from "studio/util/problem.js";

const REASONS = {
  NotAllowedError: ["The camera may not be used on this page.", "Allow it in the browser's address bar, or open a picture instead."],
  NotFoundError: ["No camera was found on this device.", "Connect one, or open a picture instead."],
  NotReadableError: ["The camera is busy in another program.", "Close that program, or open a picture instead."],
  AbortError: ["The camera stopped before it began.", "Try again, or open a picture instead."],
};

/**
 * Ask for the camera, show it, and wait for the visitor.
 * @returns {Promise<Blob|null>} a PNG, or null when the visitor closed the dialog
 */
export async function takeStill() {
  if (!navigator.mediaDevices?.getUserMedia) throw problem("Browsers give the camera only to pages opened over https or from this computer.", "Open a picture instead.");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: "environment" } }).catch((error) => {
    const [message, remedy] = REASONS[error?.name] ?? [`The camera did not start (${error?.name ?? "unknown reason"}).`, "Open a picture instead."];
    throw problem(message, remedy);
  });
  try {
    return await dialogue(stream);
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

/** @param {MediaStream} stream @returns {Promise<Blob|null>} */
async function dialogue(stream) {
  const video = h("video", { class: "ps-camera-video", srcObject: stream, muted: true, playsinline: true, autoplay: true, "aria-label": "What the camera sees" });
  const dialog = h("dialog", { class: "ps-camera ps", "aria-label": "Take a photo" }, video);
  const take = button({ label: "Take the photo", icon: "camera", kind: "primary", disabled: true, onClick: () => dialog.close("take") });
  const leave = button({ label: "Cancel", onClick: () => dialog.close("") });
  dialog.append(h("div", { class: "ps-camera-actions" }, take, leave));
  video.addEventListener("loadeddata", () => ((take.disabled = false), take.focus()), { once: true });
  for (const track of stream.getTracks()) track.addEventListener("ended", () => dialog.close("gone"), { once: true });
  document.body.append(dialog);
  dialog.showModal();
  try {
    await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
    if (dialog.returnValue === "gone") throw problem("The camera was unplugged or switched off.", "Connect it and try again, or open a picture instead.");
    return dialog.returnValue === "take" ? await still(video) : null;
  } finally {
    video.srcObject = null;
    dialog.remove();
  }
}

/** @param {HTMLVideoElement} video */
function still(video) {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const context = canvas.getContext("2d");
  if (!context) throw problem("The browser has no memory left for a photo.", "Close other tabs and try again.", "memory");
  context.drawImage(video, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}
