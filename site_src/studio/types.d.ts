// Shapes shared by the page's files; those of the protocol are in protocol.d.ts.

export type Photo = {
  name: string; file: string; thumb: string; rows: number; columns: number; title: string; alt: string;
  author: string; licence: string; source: string;
};

export type Manifest = {
  version: string; worker: string; pyodide: string; lock: string; wheels: string;
  ort: { js: string; wasm: string };
  networks: Record<string, { file: string; bytes: number; title: string; recipe: any }>;
  photos: Photo[];
  bytes: Record<string, number>;
};

/** What the page tells the engine's worker at its start; all paths of the manifest are relative to `base`. */
export type Start = { base: string; manifest: Manifest; network: string };

/** One named step of the engine's start. */
export type BootStep = { step: string; title: string; done: number; total: number; finished: boolean };

declare global {
  const __MANIFEST__: Manifest;
}
