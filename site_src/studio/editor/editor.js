// The editor of the Python cells: a script of its own, loaded only by pages that have cells. CodeMirror does the work; nothing here knows of
// photos, Python's answers or the page around it.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, RangeSet, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, gutterLineClass, GutterMarker, keymap, lineNumbers } from "@codemirror/view";
import { tagHighlighter, tags } from "@lezer/highlight";

/** The classes that the build gives to words too (pystudio/builder/lessons/fence_html.py): one set of colours for both. */
const WORDS = syntaxHighlighting(tagHighlighter([
  { tag: tags.comment, class: "ps-py-comment" },
  { tag: [tags.string, tags.special(tags.string)], class: "ps-py-string" },
  { tag: tags.number, class: "ps-py-number" },
  { tag: [tags.bool, tags.null], class: "ps-py-atom" },
  { tag: [tags.keyword, tags.operatorKeyword], class: "ps-py-keyword" },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className), tags.meta], class: "ps-py-definition" },
]));

/** Marks a line, or none with null. @type {import("@codemirror/state").StateEffectType<number|null>} */
const markLine = StateEffect.define();
const FAULTY_LINE = Decoration.line({ class: "ps-cell-faulty" });
const FAULTY = new class extends GutterMarker { elementClass = "ps-cell-faulty"; }();

/** The line that went wrong: marked until the text changes. */
const marked = StateField.define({
  create: () => /** @type {number|null} */ (null),
  update: (line, change) => change.effects.reduce((now, effect) => (effect.is(markLine) ? effect.value : now), change.docChanged ? null : line),
  provide: (field) => [
    EditorView.decorations.compute([field, "doc"], (state) => RangeSet.of(beginning(state, field).map((from) => FAULTY_LINE.range(from)))),
    gutterLineClass.computeN([field, "doc"], (state) => [RangeSet.of(beginning(state, field).map((from) => FAULTY.range(from)))]),
  ],
});

/** Where the marked line begins; nothing without one. @param {EditorState} state @param {StateField<number|null>} field */
function beginning(state, field) {
  const line = state.field(field);
  return line && line <= state.doc.lines ? [state.doc.line(line).from] : [];
}

/** After Escape, Tab leaves the editor until something is written, however long that takes; CodeMirror's own mode lasts two seconds. @param {EditorView} view */
function releaseTab(view) {
  view.setTabFocusMode(true);
  return false; // Escape ends a selection of several places too
}

/**
 * @param {{code: string, label: string, help: string, onRun: () => void, onChange: (code: string) => void}} options help: id of the words about its keys
 */
function open({ code, label, help, onRun, onChange }) {
  const run = () => (onRun(), true);
  const view = new EditorView({
    doc: code,
    extensions: [
      lineNumbers(), history(), pythonLanguage, WORDS, marked, indentOnInput(), bracketMatching(), closeBrackets(),
      indentUnit.of("    "), EditorState.tabSize.of(4), EditorState.lineSeparator.of("\n"),
      keymap.of([{ key: "Escape", run: releaseTab }, { key: "Mod-Enter", run }, { key: "Shift-Enter", run }, ...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
      EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": help, autocorrect: "off", autocapitalize: "off", spellcheck: "false", translate: "no", tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged || (update.focusChanged && !update.view.hasFocus)) update.view.setTabFocusMode(false);
        if (update.docChanged) onChange(update.state.doc.toString());
      }),
    ],
  });
  return {
    element: view.dom,
    get code() { return view.state.doc.toString(); },
    /** Another text, as one step that can be undone. */
    set code(text) { view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }); },
    /** @param {number|null} line from 1 */
    mark(line) { view.dispatch({ effects: markLine.of(line) }); },
    /** @param {number} line from 1 */
    goTo(line) {
      const place = view.state.doc.line(Math.min(line, view.state.doc.lines));
      view.dispatch({ selection: { anchor: place.from + (/^\s*/.exec(place.text)?.[0].length ?? 0) }, scrollIntoView: true });
      view.focus();
    },
  };
}

/** @typedef {ReturnType<typeof open>} Editor */

Object.assign(window, { pystudioEditor: { open } });
