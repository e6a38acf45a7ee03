/** Expanded nodes → the files that their commands name, and that they do not declare. */

import { posix } from 'node:path';
import type { ListedProgram } from '../shell/list-programs.ts';
import { fillMarks, type MarkedValues } from '../shell/shell-marks.ts';
import type { ShellText } from '../shell/value-position.ts';
import { isAtOrBelowAny } from '../system/resolve-path.ts';
import { normalizePath } from './check-paths.ts';
import { formatValues } from './format-values.ts';
import { lookUpVariable, parsePieces } from './interpolate.ts';
import type { GraphNode, NamedFiles, WorkspaceView } from './types.ts';

/** What finding takes: what stands where, and the grammar of bash, which is loaded where it is needed. */
export interface NameTools extends Pick<WorkspaceView, 'kindOf'> {
  readonly loadGrammar: () => Promise<(text: ShellText) => readonly ListedProgram[]>;
}

/** So many cells of a stage are looked at: what one names, the others name likewise. */
const MOST_CELLS = 12;
/** More words of a command than this are a list that somebody made. */
const MOST_WORDS = 40;

/** Programs whose words are no files that they read. */
const NAME_NOTHING =
  /^(?:echo|printf|true|false|:|mkdir|rmdir|rm|touch|cd|pushd|exit|set|unset|export|declare|local|readonly|typeset|trap|umask|ulimit|sleep|kill|wait|command|type|which|hash|read|shift|return|tee|ssh|seq|basename|dirname|chmod|chown|alias)$/;
/** The last word of these is what they write. */
const WRITE_LAST = /^(?:cp|mv|ln|install|rsync)$/;

/**
 * Finds files of the workspace that commands name by their text, and that are no inputs or outputs of
 * their nodes, unless all that these read counts: of each stage the first cell that names any. What turns out to be code is among them.
 */
export async function findNamedFiles(
  nodes: Iterable<GraphNode>,
  tools: NameTools,
): Promise<NamedFiles[]> {
  const stages = new Map<string, { readonly command: string; readonly cells: GraphNode[] }>();
  const all = [...nodes];
  for (const node of all) {
    if (node.action.kind !== 'command' || node.findsInputs) continue;
    const { command } = node.action;
    const known = stages.get(node.stage.name);
    if (known === undefined) stages.set(node.stage.name, { command, cells: [node] });
    else if (known.cells.length < MOST_CELLS) known.cells.push(node);
  }
  const programs = new Map<string, readonly ListedProgram[]>();
  const found: NamedFiles[] = [];
  let made: ReadonlySet<string> | undefined;
  for (const { command, cells } of stages.values()) {
    if (!mayNameFiles(command)) continue;
    let listed = programs.get(command);
    if (listed === undefined) {
      listed = (await tools.loadGrammar())(toText(command));
      programs.set(command, listed);
    }
    made ??= new Set(all.flatMap(({ outputs }) => outputs.map(({ path }) => path)));
    for (const node of cells) {
      const paths = listNamed(listed, command, node).filter(
        // What a stage makes is there or not by what has run: it is known without a look.
        (path) =>
          (made !== undefined && isAtOrBelowAny(path, made)) || tools.kindOf(path) === 'file',
      );
      if (paths.length === 0) continue;
      found.push({ node: node.id, paths });
      break;
    }
  }
  return found;
}

/** Whether anything but a program and declared files stands in a command: for most, no grammar is needed. */
function mayNameFiles(command: string): boolean {
  const rest = command.replaceAll(/\{\{\s*(?:inputs|outputs|scratch|cpus)\b[^{}]*\}\}/g, '');
  return /\S\s+[^\s<>|&;()-]|<\s*\S|=\S/.test(rest.trim());
}

/** The files that a node names and does not declare, as far as their texts tell; normalised. */
function listNamed(
  programs: readonly ListedProgram[],
  command: string,
  node: GraphNode,
): readonly string[] {
  const values = openValues(command, node);
  const own = new Set([
    ...node.inputs.flatMap(({ sources }) => sources.map(({ path }) => path)),
    ...node.outputs.map(({ path }) => path),
    ...node.code,
  ]);
  const named = new Set<string>();
  for (const program of programs) {
    const folder = fillMarks(program.folder, values);
    if (folder === null || folder.startsWith('~')) continue;
    for (const word of listWords(program)) {
      const text = fillMarks(word, values);
      const path = text === null ? null : toPath(text, folder);
      if (path !== null && !isAtOrBelowAny(path, own)) named.add(path);
    }
  }
  return [...named].slice(0, MOST_WORDS);
}

/** The words of a program that may be files which it reads. */
function listWords({ words, input }: ListedProgram): string[] {
  const [name, ...given] = words;
  const read = input !== null && 'path' in input && input.path !== null ? [input.path] : [];
  const program = posix.basename(name ?? '');
  if (NAME_NOTHING.test(program)) return read;
  const rest = WRITE_LAST.test(program) ? given.slice(0, -1) : given;
  return [...read, ...rest.flatMap((word) => (word === null ? [] : splitValue(word)))];
}

/** `--x=path` and `if=path` name what stands behind the sign; an option by itself names nothing. */
function splitValue(word: string): string[] {
  const [, value] = /^-{0,2}[\w.-]+=([\s\S]+)$/.exec(word) ?? [];
  if (value !== undefined) return [value];
  return word.startsWith('-') ? [] : [word];
}

/** A path from the workspace; null where a text can be none of a file in it. */
function toPath(text: string, folder: string): string | null {
  if (text === '' || text.length > 400 || /[\n\0*?[\]{}]|^[~/-]|:\/\//.test(text)) return null;
  const path = normalizePath(folder === '' ? text : `${folder}/${text}`);
  return path === '.' || path.startsWith('../') || path.startsWith('/') ? null : path;
}

/** What is known of the values of a node; what it is handed is declared already. */
function openValues(command: string, node: GraphNode): MarkedValues {
  const pieces = parsePieces(command).pieces.flatMap((piece) =>
    piece.kind === 'variable' ? [piece] : [],
  );
  return {
    valueOf(index) {
      const piece = pieces[index];
      const value = piece === undefined ? undefined : lookUpVariable(node.variables, piece.path);
      if (piece === undefined || value === undefined) return null;
      const texts = formatValues(piece.filters, value);
      return texts.length === 1 ? (texts[0] ?? null) : null;
    },
    variableOf: () => null,
  };
}

/** The text of a command for the grammar of bash. */
function toText(command: string): ShellText {
  return parsePieces(command).pieces.map((piece) => (piece.kind === 'text' ? piece.text : null));
}
