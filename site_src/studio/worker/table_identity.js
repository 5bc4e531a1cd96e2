// In WebKit, a function that a WebAssembly module exports and the same function in a table are two JavaScript objects
// (`table.get(i) !== instance.exports.f`), though the JavaScript interface of WebAssembly says that they are one. Emscripten looks up the
// address of a function by that identity; without it each gets a second entry, at the table's end: code and a memory snapshot from another
// engine then disagree about addresses, and pointers to one function differ. Here the exported objects are put into the table.

/** Two functions in a table, which are also exported as f and g. */
const PROBE = new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,2,11,1,3,101,110,118,1,116,1,112,0,2,3,3,2,0,0,7,9,2,1,102,0,0,1,103,0,1,9,8,1,0,65,0,11,2,0,1,10,7,2,2,0,11,2,0,11]);

const { Instance } = WebAssembly;
const instantiate = WebAssembly.instantiate.bind(WebAssembly);
/** The table of Python's functions. @type {WebAssembly.Table|null} */
let table = null;

function identityIsLost() {
  const t = new WebAssembly.Table({ initial: 2, element: "anyfunc" });
  return t.get(0) !== new Instance(new WebAssembly.Module(PROBE), { env: { t } }).exports.f;
}

/** Let the entries from `start` on be the objects that are exported. @param {WebAssembly.Exports} exports @param {number} start */
function restore(exports, start) {
  const byName = new Map(Object.values(exports).filter(value => typeof value === "function").map(value => [value.name, value])); // the name is the function's index in its module
  for (let i = start; i < table.length; i += 1) {
    const same = byName.get(table.get(i)?.name);
    if (same) table.set(i, same);
  }
}

/** @param {WebAssembly.Instance} instance of a module that is linked at run time @param {any} imports */
function restoreLinked(instance, imports) {
  const start = table && imports?.env?.__table_base;
  if (start) restore(instance.exports, start);
  return instance;
}

/** Python's own code is there: from now on what is linked to it is seen to as well. @param {WebAssembly.Instance} instance */
export function restoreIdentity(instance) {
  if (!identityIsLost()) return;
  table = /** @type {WebAssembly.Table} */ (instance.exports.__indirect_function_table);
  restore(instance.exports, 0);
  WebAssembly.Instance = /** @type {any} */ (function (module, imports) {
    return restoreLinked(new Instance(module, imports), imports);
  });
  WebAssembly.instantiate = /** @type {any} */ (async (source, imports) => {
    const made = await instantiate(source, imports);
    restoreLinked(made.instance ?? made, imports);
    return made;
  });
}
