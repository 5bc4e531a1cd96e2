// Fetches the editor (editor.js, a script of its own) when the first cell needs it.
import { MANIFEST, read } from "studio/files/loader.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {{code: string, label: string, help: string, onRun: () => void, onChange: (code: string) => void}} EditorOptions */

/** @type {Promise<{open: (options: EditorOptions) => Editor}>|null} */
let coming = null;

/** @param {EditorOptions} options @returns {Promise<Editor>} rejects when the editor did not arrive */
export async function openEditor(options) {
  coming ??= arrive();
  coming.catch(() => (coming = null)); // the next who needs it tries again
  const editor = (await coming).open(options);
  showKeys(editor.element, options.help);
  return editor;
}

/** The visitor's last act was a key, not a press of mouse or finger. */
let byKeyboard = false;
addEventListener("keydown", () => (byKeyboard = true), true);
addEventListener("pointerdown", () => (byKeyboard = false), true);

/**
 * Who comes into the code by keyboard sees how to leave it, before Tab writes; others only hear it. The words go when the focus goes by keyboard:
 * while a button is pressed, nothing may move under the pointer.
 * @param {HTMLElement} editor @param {string} help id of the words about the keys
 */
function showKeys(editor, help) {
  const show = (/** @type {boolean} */ shown) => document.getElementById(help)?.classList.toggle("ps-sr", !shown);
  editor.addEventListener("focusin", () => show(byKeyboard));
  editor.addEventListener("focusout", () => byKeyboard && show(false));
}

async function arrive() {
  const address = URL.createObjectURL(new Blob([await read(MANIFEST.editor)], { type: "text/javascript" }));
  const script = document.createElement("script");
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = () => reject(new Error("the editor did not start"));
    script.src = address;
    document.head.append(script);
  });
  URL.revokeObjectURL(address);
  return /** @type {any} */ (window).pystudioEditor;
}
