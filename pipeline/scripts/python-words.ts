/** Code of commands: the words that Python is started with → the program that it runs. */

import type { ListedProgram } from '../shell/list-programs.ts';
import { type InterpreterChoice, type Launch, MADE } from './launch.ts';

/** Where Python is started, and with what. */
export interface PythonContext {
  readonly folder: string | null;
  readonly searched: readonly string[];
  readonly input: ListedProgram['input'];
  readonly interpreter: InterpreterChoice;
}

type Entry = Extract<Launch, { kind: 'python' }>['entry'];

/** What Python runs by the words behind its name. */
export function readPythonWords(
  words: readonly (string | null)[],
  context: PythonContext,
): Launch[] {
  let isIsolated = false;
  const launch = (entry: Entry) => startPython(entry, context, isIsolated);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === undefined || word === null) return [unclear()];
    if (word === '-') return readInput(context, launch);
    if (!word.startsWith('-')) return word === MADE ? [] : launch({ kind: 'file', path: word });
    if (word.startsWith('--')) {
      if (word === '--check-hash-based-pycs') i++;
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word.charAt(at);
      if (letter === 'I' || letter === 'P') isIsolated = true;
      if (!/[mcWXQ]/.test(letter)) continue;
      const value = at + 1 < word.length ? word.slice(at + 1) : words[++i];
      if (letter === 'c') {
        return value == null ? [unclear()] : launch({ kind: 'text', text: value });
      }
      if (letter === 'm') {
        if (value == null) return [unclear()];
        const rest = words.slice(i + 1);
        // Profilers, debuggers and launchers run another program.
        return [...launch({ kind: 'module', name: value }), ...findNamed(rest, context)];
      }
      break;
    }
  }
  return readInput(context, launch);
}

/** A Python program that is named among words: by its ending, or behind `-m`. */
export function findNamed(words: readonly (string | null)[], context: PythonContext): Launch[] {
  for (const [i, word] of words.entries()) {
    if (word === null) continue;
    const next = words[i + 1];
    if ((word === '-m' || word === '--module') && next != null && /^[\w.]+$/.test(next)) {
      return startPython({ kind: 'module', name: next }, context, false);
    }
    if (word.endsWith('.py')) return startPython({ kind: 'file', path: word }, context, false);
  }
  return [];
}

function startPython(
  entry: Entry,
  { folder, searched, interpreter }: PythonContext,
  isIsolated: boolean,
): Launch[] {
  if (folder === null) return [{ kind: 'unclear', what: 'the folder' }];
  return [{ kind: 'python', interpreter, entry, folder, searched, isIsolated }];
}

/** A program that Python reads from its input. */
function readInput({ input }: PythonContext, launch: (entry: Entry) => Launch[]): Launch[] {
  if (input === null) return [];
  if ('text' in input) return launch({ kind: 'text', text: input.text });
  return input.path === null ? [unclear()] : launch({ kind: 'file', path: input.path });
}

function unclear(): Launch {
  return { kind: 'unclear', what: 'a program of Python' };
}
