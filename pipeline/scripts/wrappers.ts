/** Code of commands: programs that start another → that one, and what they change for it. */

import { basename } from 'node:path';
import type { ListedProgram } from '../shell/list-programs.ts';
import type { Launch } from './launch.ts';
import { findNamed, type PythonContext } from './python-words.ts';

/** A program without what was put before it. */
interface Stripped extends Pick<ListedProgram, 'words' | 'variables' | 'folder'> {
  /** Interpreters that come before those of PATH. */
  readonly candidates: readonly string[];
}

/** Options that take a value, of programs whose other words are a command. */
const WRAPPERS: Readonly<Record<string, { readonly valued: string; readonly skip?: number }>> = {
  env: { valued: '-u --unset -C --chdir -S --split-string' },
  exec: { valued: '-a' },
  command: { valued: '' },
  builtin: { valued: '' },
  nohup: { valued: '' },
  time: { valued: '-o -f' },
  nice: { valued: '-n --adjustment' },
  ionice: { valued: '-c -n' },
  chrt: { valued: '', skip: 1 },
  taskset: { valued: '', skip: 1 },
  timeout: { valued: '-k --kill-after -s --signal', skip: 1 },
  stdbuf: { valued: '-i -o -e' },
  setsid: { valued: '' },
  unbuffer: { valued: '' },
  numactl: { valued: '-N -m -C' },
  sudo: { valued: '-u -g' },
  xargs: { valued: '-n -P -I -L -d -a -s' },
};
/** Managers of environments that run a command in theirs. */
const MANAGERS: Readonly<Record<string, { readonly valued: string }>> = {
  uv: {
    valued:
      '--with --with-editable --with-requirements -p --python --project --directory --extra --group --only-group --no-group --env-file --index --index-url --extra-index-url --find-links -f --cache-dir --config-file --package -P --refresh-package --upgrade-package',
  },
  poetry: { valued: '-C -P --directory --project' },
  pdm: { valued: '-p --project --venv' },
  pipenv: { valued: '' },
  rye: { valued: '' },
  hatch: { valued: '-e --env' },
  pixi: { valued: '-e --environment --manifest-path' },
  conda: { valued: '-n --name -p --prefix --cwd' },
  mamba: { valued: '-n --name -p --prefix --cwd' },
  micromamba: { valued: '-n --name -p --prefix --cwd -r --root-prefix' },
};
/** Programs of whose words none is a command. */
const PLAIN =
  /^(?:echo|printf|which|type|test|\[|cat|cp|mv|rm|ln|ls|mkdir|touch|tee|grep|sed|awk|head|tail|sort|wc|diff|git|pip3?|apt|apt-get|export|set|true|false|:)$/;
const STARTER = /^(?:(?:python|pypy)(?:\d+(?:\.\d+)*)?|torchrun|accelerate|deepspeed|uv)$/;

/** Takes off what is put before a program: `env A=b`, `nohup`, `uv run`, and others that start Python. */
export function stripWrappers(program: ListedProgram): Stripped {
  let { words, folder } = program;
  const variables = { ...program.variables };
  const candidates: string[] = [];
  for (;;) {
    const [name, ...given] = words;
    if (typeof name !== 'string') break;
    const own = basename(name);
    const wrapper = Object.hasOwn(WRAPPERS, own) ? WRAPPERS[own] : undefined;
    const manager = Object.hasOwn(MANAGERS, own) ? MANAGERS[own] : undefined;
    if (own === 'command' && /^-[vV]$/.test(given[0] ?? '')) return nothing();
    if (wrapper !== undefined) {
      const { rest, options } = skipOptions(given, wrapper.valued);
      const to = options['-C'] ?? options['--chdir'];
      if (to !== undefined) folder = folder === null || folder === '' ? to : `${folder}/${to}`;
      words = rest.slice(wrapper.skip ?? 0);
      if (own !== 'env') continue;
      while (/^\w+=/.test(words[0] ?? '')) {
        const [, key = '', value = ''] = /^(\w+)=([\s\S]*)$/.exec(words[0] ?? '') ?? [];
        variables[key] = value;
        words = words.slice(1);
      }
      continue;
    }
    if (manager !== undefined) {
      // Options may stand before `run` too.
      const before = skipOptions(given, manager.valued);
      if (before.rest[0] !== 'run') return nothing();
      const { rest, options } = skipOptions(before.rest.slice(1), manager.valued);
      const all = { ...before.options, ...options };
      candidates.push(...findManaged(own, all));
      words = readManaged(rest, own === 'uv' && '-m' in options ? options['-m'] : undefined);
      break;
    }
    if (PLAIN.test(own) || STARTER.test(own)) break;
    // srun, mpirun and all others that are given a command.
    const at = given.findIndex((word) => word !== null && STARTER.test(basename(word)));
    if (at === -1) break;
    words = given.slice(at);
  }
  return { words, variables, folder, candidates };
}

function nothing(): Stripped {
  return { words: [], variables: {}, folder: null, candidates: [] };
}

/** What `uv run` and its kin are given: a program, a file of Python, or a module. */
function readManaged(
  rest: readonly (string | null)[],
  module: string | null | undefined,
): readonly (string | null)[] {
  if (module !== undefined) return ['python', '-m', module, ...rest];
  const [first] = rest;
  if (first === '-m' || first === '-') return ['python', ...rest];
  return first?.endsWith('.py') === true && !first.includes('/bin/') ? ['python', ...rest] : rest;
}

/** Where the interpreter of a manager is looked for. */
function findManaged(
  manager: string,
  options: Readonly<Record<string, string | null>>,
): readonly string[] {
  const prefix = options['-p'] ?? options['--prefix'];
  const name = options['-n'] ?? options['--name'];
  if (!/conda|mamba/.test(manager)) return ['.venv/bin/python'];
  if (prefix != null) return [`${prefix}/bin/python`];
  if (name == null) return [];
  const homes = ['miniconda3', 'anaconda3', 'miniforge3', 'mambaforge', 'micromamba', '.conda'];
  return homes.map((home) => `~/${home}/envs/${name}/bin/python`);
}

function skipOptions(
  given: readonly (string | null)[],
  valued: string,
): {
  readonly rest: readonly (string | null)[];
  readonly options: Readonly<Record<string, string | null>>;
} {
  const takesValue = new Set(valued.split(' '));
  const options: Record<string, string | null> = {};
  let i = 0;
  for (; i < given.length; i++) {
    const word = given[i];
    if (word == null || !word.startsWith('-') || word === '-') break;
    if (word === '--') {
      i++;
      break;
    }
    const [, name = word, value] = /^(--[\w-]+)=([\s\S]*)$/.exec(word) ?? [];
    if (value !== undefined) options[name] = value;
    else if (takesValue.has(word)) options[word] = given[++i] ?? null;
    else if (word === '-m' || word === '--module') {
      options['-m'] = given[++i] ?? null;
      i++;
      break;
    }
  }
  return { rest: given.slice(i), options };
}

/** What launchers such as torchrun run. */
export function findRun(words: readonly (string | null)[], context: PythonContext): Launch[] {
  const found = findNamed(words, context);
  if (found.length > 0 || !words.includes(null)) return found;
  return [{ kind: 'unclear', what: 'a program of Python' }];
}
