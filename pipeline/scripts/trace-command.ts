/** Code of commands: what is run → the modules, packages and interpreters that count. */

import { isAbsolute, join } from 'node:path';
import { type Digest, hashBytes } from '../fingerprint/canonical.ts';
import type { DiskLook } from '../python/disk-look.ts';
import {
  type AskTools,
  findProgram,
  openEnvironment,
  type PythonEnvironment,
} from '../python/environment.ts';
import type { ModuleFacts } from '../python/said-of-modules.ts';
import { tracePython } from '../python/trace-python.ts';
import { EVENTS_MODULE_NAME, isEventsModule } from './events-module-versions.ts';
import type { InterpreterChoice, Launch } from './launch.ts';
import { readLocked } from './locked-packages.ts';
import type { CodeSpot, FoundProgramFile, TracedCommand } from './traced-command.ts';

/** What tracing a command takes. */
export interface CommandTools extends AskTools {
  /** Real path of the workspace. */
  readonly root: string;
  readonly disk: DiskLook;
  readonly readFacts: (text: string) => ModuleFacts;
  /** Whether a file, by its path from the workspace, counts as an input already. */
  readonly isInput: (path: string) => boolean;
}

/** Under what name of a package the interpreter itself counts. */
const INTERPRETER = 'Python';

/** Finds the code that counts for what a command runs. */
export function traceLaunches(launches: readonly Launch[], tools: CommandTools): TracedCommand {
  const tracer = new CommandTracer(tools);
  for (const launch of launches) tracer.trace(launch);
  return tracer.traced;
}

/** Where an interpreter is. @param folder where the command stands when it starts it, absolute */
export function findInterpreter(
  { candidates, path }: InterpreterChoice,
  folder: string,
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const around = path === null ? environment : { ...environment, PATH: path };
  for (const one of candidates) {
    const name = one.startsWith('~/') ? join(environment['HOME'] ?? '/', one.slice(2)) : one;
    const found =
      findProgram(name, folder, around) ??
      (name.startsWith('.venv/') ? findProgram(`./${name}`, root, around) : null);
    if (found !== null) return found;
  }
  return null;
}

class CommandTracer {
  readonly #tools: CommandTools;
  readonly #environments = new Map<string, PythonEnvironment>();
  readonly #modules = new Map<string, Digest>();
  readonly #texts = new Map<string, string>();
  readonly #packages = new Set<string>();
  readonly #spots: CodeSpot[] = [];
  readonly #unfollowed = new Set<string>();
  readonly #programs: FoundProgramFile[] = [];

  constructor(tools: CommandTools) {
    this.#tools = tools;
  }

  get traced(): TracedCommand {
    const environments = [...this.#environments.values()].flatMap(({ folder }) => folder ?? []);
    return {
      modules: this.#modules,
      texts: this.#texts,
      packages: this.#packages,
      spots: this.#spots,
      unfollowed: [...this.#unfollowed],
      programs: this.#programs,
      environments: [...new Set(environments)],
    };
  }

  trace(launch: Launch): void {
    if (launch.kind === 'unclear') {
      const what = `${launch.what} that the command runs cannot be told from its text`;
      this.#spots.push({ what, file: null, line: 1, column: 1 });
    } else if (launch.kind === 'python') this.#tracePython(launch);
    else this.#traceFile(launch);
  }

  #traceFile(launch: Extract<Launch, { kind: 'file' }>): void {
    const { disk } = this.#tools;
    const path = this.#pathOf(launch.path, launch.folder);
    const name = disk.nameOf(path);
    const bytes = disk.isFile(path) ? disk.readBytes(path) : null;
    if (bytes === null) return;
    const isOutside = name.startsWith('../') || isAbsolute(name);
    const head = bytes.toString('latin1', 0, 256).split('\n', 1)[0] ?? '';
    const isPython = launch.isStarted && /^#!.*\b(?:python|pypy)[\d.]*\b/.test(head);
    // The script that an environment has put before its own packages.
    const isOfEnvironment = disk.isFile(join(path, '../../pyvenv.cfg'));
    if (isPython && (!isOutside || isOfEnvironment)) {
      const [, program = ''] = /^#!\s*(?:\S*\/env\s+(?:-\S+\s+)*)?(\S+)/.exec(head) ?? [];
      const interpreter = isOfEnvironment
        ? { ...launch.interpreter, candidates: [join(path, '../python'), join(path, '../python3')] }
        : {
            ...launch.interpreter,
            candidates: [...launch.interpreter.candidates.slice(0, -2), program],
          };
      const { folder, searched } = launch;
      const entry = { kind: 'file', path: launch.path } as const;
      this.#tracePython({
        kind: 'python',
        interpreter,
        entry,
        folder,
        searched,
        isIsolated: false,
      });
      return;
    }
    if (isOutside || isOfEnvironment) return;
    const isText = !bytes.includes(0);
    this.#count(path, hashBytes(bytes), isText ? bytes.toString() : null);
    if (!this.#tools.isInput(name) && isText) this.#unfollowed.add(name);
  }

  #tracePython(launch: Extract<Launch, { kind: 'python' }>): void {
    const { root, disk, readFacts } = this.#tools;
    const folder = this.#pathOf('.', launch.folder);
    const { interpreter, entry } = launch;
    const found = findInterpreter(interpreter, folder, root, this.#tools.environment);
    this.#programs.push({ choice: interpreter, folder: launch.folder, found });
    const environment = found === null ? null : this.#openEnvironment(found, folder);
    const traced = tracePython(
      {
        entry:
          entry.kind === 'file'
            ? { ...entry, path: this.#pathOf(entry.path, launch.folder) }
            : entry,
        folder,
        path: launch.searched.map((one) => this.#pathOf(one, launch.folder)),
        isIsolated: launch.isIsolated,
        environment: environment ?? NO_ENVIRONMENT,
      },
      { disk, readFacts },
    );
    const own = [...traced.modules].filter(([file]) => !this.#isInstalled(file));
    const isOurs =
      entry.kind === 'file' &&
      !disk.nameOf(this.#pathOf(entry.path, launch.folder)).startsWith('..');
    if (traced.isMissing) {
      if (
        entry.kind !== 'file' ||
        !isOurs ||
        this.#tools.isInput(disk.nameOf(this.#pathOf(entry.path, launch.folder)))
      )
        return;
      const what = `the command runs ${entry.path}, which is not there, so that its code is not known`;
      this.#spots.push({ what, file: null, line: 1, column: 1 });
      return;
    }
    if (own.length === 0 && traced.packages.size === 0) return;
    const withDocstrings = own.some(([, { facts }]) => facts?.readsDocstrings === true);
    for (const [file, { facts, text, bytes }] of own) {
      if (isEventsModule(file, bytes)) continue;
      const digest = withDocstrings ? facts?.digestWithDocstrings : facts?.digest;
      this.#count(file, digest ?? bytes, text);
    }
    for (const [name, version] of traced.packages) this.#packages.add(`${name}@${version}`);
    if (environment?.version != null) this.#packages.add(`${INTERPRETER}@${environment.version}`);
    const locked = environment === null ? readLocked(folder, root, disk) : null;
    for (const spot of traced.spots) {
      const [, module] = /^"([\w.]+)" is no module/.exec(spot.what) ?? [];
      // This program has it ready for what runs in a command.
      if (module === EVENTS_MODULE_NAME) continue;
      const version = module === undefined ? undefined : locked?.find(module);
      if (version !== undefined) this.#packages.add(version);
      else if (spot.file === null || !this.#isInstalled(spot.file)) {
        const file = spot.file === null ? null : disk.nameOf(spot.file);
        this.#spots.push({ ...spot, file });
      }
    }
    this.#spots.push(...(locked?.faults() ?? []));
  }

  /** What lies in an environment counts by its version. */
  #isInstalled(file: string): boolean {
    for (const { folder } of this.#environments.values()) {
      if (folder !== null && file.startsWith(`${folder}/`)) {
        return !/\/(?:site|dist)-packages\//.test(file);
      }
    }
    return false;
  }

  #openEnvironment(interpreter: string, folder: string): PythonEnvironment {
    let environment = this.#environments.get(interpreter);
    if (environment === undefined) {
      environment = openEnvironment(interpreter, this.#tools.disk, { ...this.#tools, folder });
      this.#environments.set(interpreter, environment);
    }
    return environment;
  }

  #count(path: string, digest: Digest, text: string | null): void {
    const name = this.#tools.disk.nameOf(path);
    // What is an input counts as that, once.
    if (this.#tools.isInput(name)) return;
    this.#modules.set(name, digest);
    if (text !== null) this.#texts.set(name, text);
  }

  #pathOf(path: string, folder: string): string {
    const { root, environment } = this.#tools;
    const meant = (one: string) =>
      one.startsWith('~/') ? join(environment['HOME'] ?? '/', one.slice(2)) : one;
    const base = meant(folder);
    const inside = meant(path);
    return isAbsolute(inside) ? inside : join(isAbsolute(base) ? base : join(root, base), inside);
  }
}

const NO_ENVIRONMENT: PythonEnvironment = {
  version: null,
  packages: [],
  sources: [],
  linked: new Map(),
  folder: null,
};
