/** Python, read: a module's text → its syntax, by the grammar of tree-sitter. */

import { readFileSync } from 'node:fs';
import { loadTreeSitter, locateGrammar } from '../system/load-package.ts';

/** A piece of a module's syntax. Comments, and backslashes at the ends of lines, are none. */
export interface PythonNode {
  readonly type: string;
  /** It is no word or sign of the language itself. */
  readonly isNamed: boolean;
  /** What it is to the node that it is in; null where that is plain. */
  readonly field: string | null;
  /** Where it stands in the text, and its first character for people, from 1. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  readonly children: readonly PythonNode[];
}

/** A module's syntax. */
interface PythonSyntax {
  readonly root: PythonNode;
  /** The first place that could not be read; null where all of it could. */
  readonly fault: PythonNode | null;
}

/** Reads the text of a module. */
export type ParsePython = (text: string) => PythonSyntax;

const LEFT_OUT = new Set(['comment', 'line_continuation']);

let opened: Promise<ParsePython> | undefined;

/**
 * The reader of Python, loaded when it is first called for.
 *
 * @throws Error for a grammar that does not read: a bug of ours
 */
export function openParser(): Promise<ParsePython> {
  opened ??= loadParser();
  return opened;
}

async function loadParser(): Promise<ParsePython> {
  const { Parser, Language } = loadTreeSitter();
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(readFileSync(locateGrammar('python'))));
  return (text) => {
    const tree = parser.parse(text);
    if (tree === null) throw new Error('the grammar of Python is not loaded');
    const cursor = tree.walk();
    try {
      return copySyntax(cursor);
    } finally {
      cursor.delete();
      tree.delete();
    }
  };
}

type Cursor = import('@vscode/tree-sitter-wasm').TreeCursor;

/** Out of the memory of the parser, where a look at each node is a call. */
function copySyntax(cursor: Cursor): PythonSyntax {
  let fault: PythonNode | null = null;
  const copy = (): PythonNode | null => {
    const type = cursor.nodeType;
    if (LEFT_OUT.has(type)) return null;
    const { row, column } = cursor.startPosition;
    const children: PythonNode[] = [];
    const node: PythonNode = {
      type,
      isNamed: cursor.nodeIsNamed,
      field: cursor.currentFieldName,
      start: cursor.startIndex,
      end: cursor.endIndex,
      line: row + 1,
      column: column + 1,
      children,
    };
    if (type === 'ERROR' || cursor.nodeIsMissing) fault ??= node;
    if (!cursor.gotoFirstChild()) return node;
    do {
      const child = copy();
      if (child !== null) children.push(child);
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
    return node;
  };
  const root = copy();
  if (root === null) throw new Error('a module without a root');
  return { root, fault };
}

/** The children of a node that are no words or signs of the language. */
export function namedChildren({ children }: PythonNode): PythonNode[] {
  return children.filter(({ isNamed }) => isNamed);
}

/** The child of a node in a field; undefined where there is none. */
export function childIn({ children }: PythonNode, field: string): PythonNode | undefined {
  return children.find((child) => child.field === field);
}
