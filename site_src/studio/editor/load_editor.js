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
  return (await coming).open(options);
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
