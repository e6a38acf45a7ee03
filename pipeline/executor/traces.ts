/** What a module left behind in its worker, which decides whether that is used again. */

import { createRequire, syncBuiltinESMExports } from 'node:module';

/** What a stage may have changed of the process that it ran in. */
export interface TraceDetector {
  /** Whether the process is, as far as can be told, as it was when the detector was made. */
  readonly isClean: () => Promise<boolean>;
}

/** Turns of the event loop that things may take to end. */
const MOST_TURNS = 200;
const require = createRequire(import.meta.url);
/** Modules of Node whose functions a stage could replace. */
const BUILT_IN = ['fs', 'fs/promises', 'path', 'os', 'crypto', 'child_process', 'worker_threads'];
/** What starts a process or thread that may outlive the stage. */
const STARTERS = {
  child_process: ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'],
  worker_threads: ['Worker'],
} as const;

/**
 * Notes how the process is now: variables, folder, listeners, what keeps it alive, and every global,
 * every method of JavaScript's own objects and of the modules in question. A stage that started a
 * process or a thread, or loaded a native library, is taken for one that left something behind.
 */
export function watchTraces(): TraceDetector {
  let hasStarted = false;
  const note = () => {
    hasStarted = true;
  };
  for (const [module, names] of Object.entries(STARTERS)) {
    const exports = require(`node:${module}`) as Record<string, (...args: never[]) => unknown>;
    for (const name of names) noteCalls(exports, name, note);
  }
  noteCalls(process as unknown as Parameters<typeof noteCalls>[0], 'dlopen', note);
  syncBuiltinESMExports();
  const properties = collectProperties();
  const state = describeProcess();
  return {
    async isClean() {
      if (hasStarted || !areUnchanged(properties)) return false;
      // What Node itself has under way, such as closing a file that it has read, soon ends.
      for (let turn = 0; turn < MOST_TURNS; turn++) {
        if (describeProcess() === state) return true;
        await new Promise(setImmediate);
      }
      return false;
    },
  };
}

/** Replaces a function or class by one that notes its use and is otherwise the same. */
function noteCalls(
  owner: Record<string, (...args: never[]) => unknown>,
  name: string,
  note: () => void,
): void {
  const original = owner[name];
  if (original === undefined) return;
  owner[name] = new Proxy(original, {
    apply(target, self, args) {
      note();
      return Reflect.apply(target, self, args);
    },
    construct(target, args, newTarget) {
      note();
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
}

function describeProcess(): string {
  const listeners = process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
  return JSON.stringify([
    process.env,
    process.cwd(),
    process.umask(),
    process.exitCode ?? null,
    process.title,
    process.execArgv,
    listeners.sort(),
    process.getActiveResourcesInfo().sort(),
    process.stdout.writableEnded || process.stderr.writableEnded,
  ]);
}

/** An object with its properties as they were. */
type Owner = readonly [object: object, properties: readonly (readonly [PropertyKey, unknown])[]];

/** The properties of everything that all code of the process shares. */
function collectProperties(): Owner[] {
  const owners = new Set<object>([process, process.stdout, process.stderr]);
  for (const { value } of Object.values(Object.getOwnPropertyDescriptors(globalThis))) {
    if (typeof value === 'function') owners.add(value).add(value.prototype ?? value);
    else if (typeof value === 'object' && value !== null) owners.add(value);
  }
  for (const name of BUILT_IN) owners.add(require(`node:${name}`) as object);
  return [...owners].map((owner) => [owner, propertiesOf(owner)]);
}

/** Each property with its value, or, so that nothing is computed, with what computes it. */
function propertiesOf(owner: object): (readonly [PropertyKey, unknown])[] {
  return Reflect.ownKeys(owner).map((key) => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, key);
    return [key, descriptor?.get ?? descriptor?.value];
  });
}

function areUnchanged(owners: readonly Owner[]): boolean {
  return owners.every(([owner, before]) => {
    const now = propertiesOf(owner);
    return (
      now.length === before.length &&
      before.every(([key, value], i) => {
        const [nowKey, nowValue] = now[i] ?? [];
        return nowKey === key && (Object.is(nowValue, value) || isFilledIn(owner, value));
      })
    );
  });
}

/** Node computes some globals (`fetch`) when they are first used, and puts them in their place. */
function isFilledIn(owner: object, before: unknown): boolean {
  return owner === globalThis && typeof before === 'function' && before.name.startsWith('get ');
}
