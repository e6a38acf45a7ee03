/** Code of commands: programs with their words → the code that they run. */

import { basename } from 'node:path';
import type { ListedProgram } from '../shell/list-programs.ts';
import { type InterpreterChoice, type Launch, MADE } from './launch.ts';
import { readPythonWords } from './python-words.ts';
import { findRun, stripWrappers } from './wrappers.ts';

/** Programs that read a file of code, with the options of theirs that take a value. */
const READERS: Readonly<Record<string, { readonly valued: string; readonly none: RegExp }>> = {
  node: {
    valued: '-r --require --import --loader --env-file -C --conditions',
    none: /^-[ep]$|^--eval$/,
  },
  tsx: { valued: '--tsconfig --env-file', none: /^-[ep]$/ },
  'ts-node': { valued: '-P --project -r --require', none: /^-[ep]$/ },
  bun: { valued: '', none: /^-e$/ },
  deno: { valued: '-c --config', none: /^eval$/ },
  Rscript: { valued: '', none: /^-e$/ },
  julia: { valued: '-J -C -t -p -L --project --threads', none: /^-[eE]$/ },
  perl: { valued: '-I', none: /^-[a-zA-Z]*[eE]$/ },
  ruby: { valued: '-I -r', none: /^-e$/ },
  php: { valued: '-c -d', none: /^-r$/ },
  octave: { valued: '', none: /^--eval$/ },
};
const SHELL = /^(?:ba|da|z|k|a)?sh$/;
const PYTHON = /^(?:python|pypy)(?:\d+(?:\.\d+)*)?$/;
/** They run a Python program that is named somewhere among their words. */
const RUNNERS =
  /^(?:torchrun|accelerate|deepspeed|ipython3?|coverage|streamlit|spark-submit|kernprof|scalene|viztracer|mprof)$/;

/** What the programs of a command run, in their order. */
export function readLaunches(programs: readonly ListedProgram[]): Launch[] {
  const launches: Launch[] = [];
  /** The environment that the command has activated. */
  let activated: string | null = null;
  for (const program of programs) {
    const [name, file] = program.words;
    if ((name === 'source' || name === '.') && /(?:^|\/)bin\/activate$/.test(file ?? '')) {
      activated = `${(file ?? '').slice(0, -'activate'.length)}`;
      continue;
    }
    launches.push(...readLaunch(program, activated));
  }
  return launches;
}

function readLaunch(program: ListedProgram, activated: string | null): Launch[] {
  const stripped = stripWrappers(program);
  const { words, folder } = stripped;
  const variables = stripped.variables;
  const [name, ...given] = words;
  if (name === undefined) return [];
  if (name === null) return given.length === 0 ? [] : [unclear('a program')];
  const path = variables['PATH'] ?? null;
  const choose = (candidates: readonly string[]): InterpreterChoice => ({
    candidates: [...stripped.candidates, ...besideActivated(candidates, activated)],
    path,
  });
  const searched = (variables['PYTHONPATH'] ?? '').split(':').filter((one) => one !== '');
  const context = { folder, searched, input: program.input };
  const own = basename(name);
  if (PYTHON.test(own)) {
    if (variables['PYTHONPATH'] === null) return [unclear('PYTHONPATH')];
    return readPythonWords(given, { ...context, interpreter: choose([name]) });
  }
  if (RUNNERS.test(own)) {
    if (own === 'accelerate' && given[0] !== 'launch') return [];
    const beside = name.includes('/') ? name.slice(0, name.lastIndexOf('/') + 1) : '';
    const interpreter = choose([`${beside}python3`, `${beside}python`]);
    return findRun(given, { ...context, interpreter });
  }
  const file = (given_: string | null | undefined, isStarted = false): Launch[] => {
    if (given_ === undefined || given_ === MADE) return [];
    if (given_ === null || folder === null) return [unclear('a file')];
    const interpreter = choose(['python3', 'python']);
    return [{ kind: 'file', path: given_, folder, isStarted, interpreter, searched }];
  };
  if (name === 'source' || name === '.') return file(given[0]);
  if (SHELL.test(own)) {
    const first = given.findIndex((word) => word === null || !/^[-+]/.test(word));
    if (first === -1)
      return program.input !== null && 'path' in program.input ? file(program.input.path) : [];
    const isValue = /^[-+]o$/.test(given[first - 1] ?? '');
    return file(given[isValue ? first + 1 : first]);
  }
  const reader = READERS[own];
  if (reader !== undefined) return file(findFile(given, reader));
  if (own === 'R') {
    const at = given.findIndex((word) => word === '-f' || word === 'BATCH');
    const named = given.find((word) => word?.startsWith('--file='));
    return file(named?.slice('--file='.length) ?? (at === -1 ? undefined : given[at + 1]));
  }
  if (name.includes('/')) return file(name, true);
  return [];
}

function unclear(what: string): Launch {
  return { kind: 'unclear', what };
}

/** An activated environment stands first in PATH. */
function besideActivated(candidates: readonly string[], activated: string | null): string[] {
  if (activated === null) return [...candidates];
  const inside = candidates.filter((one) => !one.includes('/')).map((one) => activated + one);
  return [...inside, ...candidates];
}

function findFile(
  given: readonly (string | null)[],
  { valued, none }: { readonly valued: string; readonly none: RegExp },
): string | null | undefined {
  const takesValue = new Set(valued.split(' '));
  for (let i = 0; i < given.length; i++) {
    const word = given[i];
    if (word === undefined || word === null) return word;
    if (none.test(word)) return undefined;
    if (takesValue.has(word)) i++;
    else if (!word.startsWith('-') && word !== 'run') return word;
  }
  return undefined;
}
