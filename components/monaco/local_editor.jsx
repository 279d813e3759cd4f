// The editor comes from the bundle. Its loader is handed the module, so that it never looks for one elsewhere.
import { createElement, useEffect, useMemo, useRef } from "react";
import * as monaco from "monaco-editor/editor";
import "monaco-editor/features/register.all";
import "monaco-editor/languages/definitions/markdown/register";
import "monaco-editor/languages/definitions/python/register";
import "monaco-editor/languages/definitions/yaml/register";
import EditorWorker from "monaco-editor/editor/editor.worker?worker";
import ReactEditor, { DiffEditor, loader } from "@monaco-editor/react";

self.MonacoEnvironment = { getWorker: () => new EditorWorker() };
loader.config({ monaco });

const TOKEN_OF_COLOUR = {
  "editor.background": "--color-surface-raised",
  "editor.foreground": "--color-text-primary",
  "editorGutter.background": "--color-surface-base",
  "editorLineNumber.foreground": "--color-text-muted",
  "editorLineNumber.activeForeground": "--color-text-primary",
  "diffEditor.insertedLineBackground": "--color-diff-added-bg",
  "diffEditor.removedLineBackground": "--color-diff-removed-bg",
  "diffEditor.insertedTextBackground": "--color-diff-added",
  "diffEditor.removedTextBackground": "--color-diff-removed",
  "diffEditor.border": "--color-border-subtle",
  "focusBorder": "--color-focus-ring",
};

// Changed words stand at 20 % over their line, as in the hunk list.
const opacityOf = (name) => (name.endsWith("TextBackground") ? "33" : "");

const sixDigits = (value) => {
  const bare = value.trim();
  return /^#[0-9a-f]{3}$/i.test(bare) ? "#" + [...bare.slice(1)].map((digit) => digit + digit).join("") : bare;
};

// Themes are made from the tokens of the page, so the editor has no colour of its own.
const themeFromTokens = () => {
  const style = getComputedStyle(document.documentElement);
  const dark = style.getPropertyValue("color-scheme").includes("dark");
  const colours = Object.fromEntries(
    Object.entries(TOKEN_OF_COLOUR)
      .map(([name, token]) => [name, sixDigits(style.getPropertyValue(token)) + opacityOf(name)])
      .filter(([, value]) => value.startsWith("#")),
  );
  const name = dark ? "iama-dark" : "iama-light";
  const heading = sixDigits(style.getPropertyValue("--color-status-info")).slice(1);
  const rules = [{ token: "keyword.md", foreground: heading }];
  monaco.editor.defineTheme(name, { base: dark ? "vs-dark" : "vs", inherit: true, rules, colors: colours });
  return name;
};

const themed = (Editor) => ({ appearance, ...props }) => {
  const theme = useMemo(() => (typeof document === "undefined" ? "vs" : themeFromTokens()), [appearance]);
  return createElement(Editor, { height: "100%", loading: "Loading the editor", ...props, theme });
};

const QUIET_MS = 300;

// Tells of a change when typing rests, and before a click elsewhere is handled: no letter misses the button that saves.
const useRested = (tell) => {
  const waiting = useRef({});
  waiting.current.tell = tell;
  const flush = () => {
    const { timer, text, tell } = waiting.current;
    clearTimeout(timer);
    waiting.current.timer = undefined;
    if (timer !== undefined) tell?.(text);
  };
  const note = (text) => {
    clearTimeout(waiting.current.timer);
    waiting.current.text = text;
    waiting.current.timer = setTimeout(flush, QUIET_MS);
  };
  useEffect(() => () => clearTimeout(waiting.current.timer), []);
  return [note, flush];
};

const RestedEditor = ({ onChange, ...props }) => {
  const [note, flush] = useRested(onChange);
  const onMount = (editor) => editor.onDidBlurEditorText(flush);
  return createElement(ReactEditor, { ...props, onMount, onChange: (text) => note(text ?? "") });
};

export const LocalEditor = themed(RestedEditor);
const NamedComparison = (props) => {
  const onMount = (both) => {
    both.getOriginalEditor().updateOptions({ ariaLabel: "Before the change" });
    both.getModifiedEditor().updateOptions({ ariaLabel: "After the change" });
  };
  return createElement(DiffEditor, { ...props, onMount });
};

export const LocalComparison = themed(NamedComparison);
