// Pyodide's Emscripten module, as its loader wants it, but one that fails where its code cannot be instantiated: Pyodide's own loader
// (instantiateWasm in pyodide.mjs) only prints the reason and then waits for ever.
import createPyodideModule from "pyodide/pyodide.asm.mjs";
import { restoreIdentity } from "./table_identity.js";

/** What is to hear of a failure, by the imports that the code was to be instantiated with. @type {Map<any, (reason: any) => void>} */
const refusals = new Map();
const instantiate = WebAssembly.instantiateStreaming.bind(WebAssembly);

WebAssembly.instantiateStreaming = (source, imports) => instantiate(source, imports).catch(error => {
  refusals.get(imports)?.(error);
  throw error;
});

/** @param {any} settings @returns {Promise<any>} */
export function createModule(settings) {
  const theirs = settings.instantiateWasm;
  const refused = new Promise((_, reject) => {
    settings.instantiateWasm = (imports, receive) => {
      refusals.set(imports, reject);
      return theirs(imports, (instance, module) => {
        restoreIdentity(instance);
        receive(instance, module);
      });
    };
  });
  return Promise.race([createPyodideModule(settings), refused]).finally(() => refusals.clear());
}
