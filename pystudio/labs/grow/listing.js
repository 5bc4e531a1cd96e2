// Python source on the page: its text as it is, comments, strings, numbers and keywords told apart by class. Text nodes only.
import { h } from "studio/dom/dom.js";

const TOKENS = new RegExp([
  /(?<comment>#[^\n]*)/, /(?<string>"""[^]*?"""|"[^"\n]*"|'[^'\n]*')/, /(?<number>\b\d[\d_.]*\b)/,
  /(?<keyword>\b(?:and|as|assert|break|class|continue|def|elif|else|False|for|from|if|import|in|is|lambda|None|not|or|pass|raise|return|True|while|yield)\b)/,
].map((part) => part.source).join("|"), "g");

/** @param {string} source @returns {HTMLElement} */
export function listing(source) {
  const code = h("code");
  let at = 0;
  for (const match of source.matchAll(TOKENS)) {
    code.append(source.slice(at, match.index));
    const [kind] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? [""];
    code.append(h("span", { class: `ps-code-${kind}` }, match[0]));
    at = match.index + match[0].length;
  }
  code.append(source.slice(at));
  return h("pre", { class: "ps-listing", tabindex: 0, "aria-label": "Python source" }, code);
}
