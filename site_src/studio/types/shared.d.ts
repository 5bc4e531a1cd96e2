// Shapes shared by page, worker and service worker; those of the protocol are in protocol.d.ts.

export type Photo = {
  name: string; file: string; thumb: string; rows: number; columns: number; title: string; alt: string;
  author: string; licence: string; source: string;
};

/** Three files, the hashes that each begins with, and how memory is laid out: see pystudio/builder/snapshot. */
export type Snapshot = {
  modules: string; library: string; memory: string;
  keys: { modules: string; library: string; memory: string };
  table: number; heap: number; size: number; constants: [length: number, sum: number];
};

export type Manifest = {
  version: string; worker: string; editor: string; pyodide: string; lock: string; wheels: string;
  /** Absent where the build could not make one. */
  snapshot?: Snapshot;
  ort: { wasm: string };
  networks: Record<string, { file: string; bytes: number; title: string; recipe: any }>;
  /** Other forms of the networks, for the lab about small devices. */
  variants: Record<string, { file: string; bytes: number }>;
  photos: Photo[];
  /** Size of every file. */
  bytes: Record<string, number>;
  /** SHA-256 of every file, in base64. */
  sha256: Record<string, string>;
};

/** What a visitor can do when a file did not come, or is not the site's. */
export type Remedies = { absent: string; wrong: string };

/** What the page tells the engine's worker at its start. stallSeconds: see FETCH_STALL_SECONDS of files/loader.js. */
export type Start = { manifest: Manifest; network: string; stallSeconds: number; remedies: Remedies };

/** What the build says of the site to its service worker (pystudio/builder/site/offline.py). A file is [the start of its SHA-256 in hex, its size]. */
export type Site = {
  version: string; shell: Record<string, [string, number]>; later: Record<string, [string, number]>;
  sets: Record<string, string[]>; pages: Record<string, string[]>;
};

declare global {
  const __MANIFEST__: Manifest;
  const __SITE__: Site;
  const __SEARCH_WORKER__: string;
}
