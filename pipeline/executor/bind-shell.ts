/** Executing a stage, inside its process: zx's `$`, bound to the stage and loaded when it is used. */

import { createRequire } from 'node:module';
import { unheard } from '../audit/hook-fs.ts';
import type { Shell } from '../contract/shell.ts';
import { noteFailures } from './note-failures.ts';
import { signalBelow } from './process-tree.ts';
import { makeSpawners } from './spawn-program.ts';

type Zx = typeof import('zx/core');

/** What a `$` is bound to. */
export interface ShellBinding {
  /** The folder in which commands begin. */
  readonly cwd: string;
  /** What commands print to standard output goes to this process's; standard error always does. */
  readonly verbose: boolean;
  /** Once it is aborted, no command is started any more. */
  readonly signal: AbortSignal | null;
  /** Called before each command. */
  readonly onStart?: () => void;
  /** The address of a file of this program, from which zx is found. */
  readonly packages: string;
}

/** Where bash is mostly, if not in a folder of PATH. */
const USUAL_BASH = '/bin/bash';

/** A `$` with zx's own settings but for what it is bound to. Nothing is loaded before it is used. */
export function bindShell(binding: ShellBinding): Shell {
  let opened: Zx['$'] | undefined;
  const open = () => {
    // What is read meanwhile is none of the stage's doing.
    opened ??= unheard(() => openShell(binding));
    return opened;
  };
  // Not a property that loads it when it is read: stages take their context apart.
  return new Proxy((() => {}) as unknown as Shell, {
    apply: (_, self, args: never[]) => Reflect.apply(open(), self, args),
    get: (_, key) => Reflect.get(open(), key),
    set: (_, key, value) => Reflect.set(open(), key, value),
  });
}

function openShell({ cwd, verbose, signal, packages, onStart }: ShellBinding): Zx['$'] {
  const zx = loadOwnZx(packages);
  const { shell } = zx.defaults;
  const settings: Partial<Zx['defaults']> = {
    cwd,
    verbose,
    env: process.env,
    shell: typeof shell === 'string' ? shell : USUAL_BASH,
    prefix: 'set -euo pipefail;',
    postfix: '',
    quote: zx.quote,
    ...makeSpawners(signal, onStart),
    log: print,
    // zx's own looks for processes with `ps`, which containers often lack.
    kill: async (pid, name) => signalBelow(Number(pid), name ?? 'SIGTERM'),
  };
  // Not by `$(settings)`: commands that are piped into would not have them.
  Object.assign(zx.defaults, settings);
  const rejected = noteFailures(zx);
  const sync = (pieces: TemplateStringsArray, ...args: readonly unknown[]) => {
    const output = zx.$.sync(pieces, ...args);
    // zx means to throw it, and catches it itself.
    if (rejected.has(output)) throw output;
    return output;
  };
  // That zx keeps what the contract promises is checked here.
  return new Proxy(zx.$ satisfies Shell, {
    get: (target, key) => (key === 'sync' ? sync : Reflect.get(target, key)),
  });
}

/** A copy of zx that nobody else has: settings of its `$` are for all who have the same copy. */
function loadOwnZx(packages: string): Zx {
  const require = createRequire(packages);
  const path = require.resolve('zx/core');
  delete require.cache[path];
  return require(path) as Zx;
}

/** Prints as zx does, without the commands themselves. */
const print: Zx['log'] = (entry) => {
  if (entry.verbose !== true) return;
  if (entry.kind === 'stdout') process.stdout.write(entry.data);
  else if (entry.kind === 'stderr') process.stderr.write(entry.data);
};
