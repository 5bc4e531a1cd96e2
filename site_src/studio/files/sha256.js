// Whether bytes are those that the build wrote down, wherever the page comes from.

/** @param {Uint8Array<ArrayBuffer>} bytes @param {string} hash SHA-256 in base64 @returns {Promise<boolean>} */
export async function hasHash(bytes, hash) {
  if (globalThis.crypto?.subtle) return encoded(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))) === hash;
  return matchesIntegrity(bytes, hash);
}

/** On a plain http: address other than this machine's, browsers hide crypto.subtle; subresource integrity is checked there too. @param {Uint8Array<ArrayBuffer>} bytes @param {string} hash */
async function matchesIntegrity(bytes, hash) {
  const address = URL.createObjectURL(new Blob([bytes]));
  try {
    return await fetch(address, { integrity: `sha256-${hash}` }).then(() => true, () => false);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** In base64. @param {Uint8Array<ArrayBuffer>} bytes @returns {string} */
export function encoded(bytes) {
  if ("toBase64" in bytes) return /** @type {any} */ (bytes).toBase64();
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
