/** Python, followed: a program → the modules that it imports, as Python would find them. */

import { isAbsolute, join } from 'node:path';
import { hashBytes } from '../fingerprint/canonical.ts';
import { decodeModule } from './disk-look.ts';
import { Distributions } from './distributions.ts';
import { type AddedFolder, ModuleFinder } from './module-finder.ts';
import type {
  PythonProgram,
  PythonTools,
  TracedModule,
  TracedProgram,
  TraceSpot,
} from './python-program.ts';
import type { ModuleFacts, PythonImport } from './said-of-modules.ts';
import { isStandard } from './stdlib-names.ts';

/** Folders that programs add, found while they are read: so often what they lead to is read anew. */
const MOST_ROUNDS = 12;

/** Follows what a program imports. */
export function tracePython(program: PythonProgram, tools: PythonTools): TracedProgram {
  const added: AddedFolder[] = [];
  for (let round = 0; ; round++) {
    const tracer = new Tracer(program, added, tools);
    const traced = tracer.run();
    const more = tracer.added.filter(({ folder }) => !added.some((one) => one.folder === folder));
    if (more.length === 0 || round === MOST_ROUNDS) return traced;
    added.push(...more);
  }
}

/** A module as Python holds it: its file, and where what is in it is looked for. */
interface LoadedModule {
  readonly file: string | null;
  readonly folders: readonly string[] | null;
  readonly facts: ModuleFacts | null;
}

class Tracer {
  readonly #program: PythonProgram;
  readonly #tools: PythonTools;
  readonly #finder: ModuleFinder;
  readonly #loaded = new Map<string, LoadedModule | null>();
  readonly #modules = new Map<string, TracedModule>();
  readonly #packages = new Set<string>();
  readonly #spots: TraceSpot[] = [];
  readonly #distributions: Distributions;
  readonly added: AddedFolder[] = [];

  constructor(program: PythonProgram, added: readonly AddedFolder[], tools: PythonTools) {
    this.#program = program;
    this.#tools = tools;
    const { environment } = program;
    this.#distributions = new Distributions(environment.packages, tools.disk);
    this.#finder = new ModuleFinder(program, added, tools.disk, this.#distributions, (name) =>
      this.#noteOwners(name),
    );
  }

  run(): TracedProgram {
    const { entry } = this.#program;
    let isMissing = false;
    if (entry.kind === 'file') {
      isMissing = !this.#runFile(entry.path);
    } else if (entry.kind === 'module') {
      isMissing = !this.#runModule(entry.name);
    } else this.#follow(this.#tools.readFacts(entry.text), null, '');
    return {
      modules: this.#modules,
      packages: this.#distributions.collect([...this.#packages]),
      spots: this.#spots,
      isMissing,
    };
  }

  #runFile(path: string): boolean {
    const { disk } = this.#tools;
    const inner = join(path, '__main__.py');
    const file = disk.isFile(path) ? path : disk.isFile(inner) ? inner : null;
    if (file === null) return false;
    const { facts } = this.#read(file);
    if (facts !== null) this.#follow(facts, file, '');
    return true;
  }

  /** `-m`: the packages that it is in are loaded first. */
  #runModule(name: string): boolean {
    const found = this.#require(name);
    const [first = name] = name.split('.');
    if (found === 'elsewhere' && (this.#noteOwners(first) || isStandard(first))) return true;
    if (found === null || found === 'elsewhere') {
      const what = `"${name}" is no module of the workspace and no package that is installed`;
      this.#spots.push({ what, file: null, line: 1, column: 1 });
      return true;
    }
    if (found.folders === null) return true;
    return this.#require(`${name}.__main__`) !== null;
  }

  #read(file: string): TracedModule {
    const known = this.#modules.get(file);
    if (known !== undefined) return known;
    const isText = !/\.(?:so|pyd)$/.test(file);
    const bytes = this.#tools.disk.readBytes(file);
    const text = isText && bytes !== null ? decodeModule(bytes) : null;
    const module: TracedModule = {
      text,
      facts: text === null ? null : this.#tools.readFacts(text),
      bytes: hashBytes(bytes ?? ''),
    };
    this.#modules.set(file, module);
    return module;
  }

  /** @param parent name of the package that relative imports start from; empty for a program */
  #follow(facts: ModuleFacts, file: string | null, parent: string): void {
    for (const { what, line, column } of facts.blind) {
      this.#spots.push({ what, line, column, file });
    }
    for (const one of facts.imports) this.#followImport(one, file, parent);
    for (const { from, path, use } of facts.paths) {
      const base = from === 'file' ? file : this.#program.folder;
      if (base === null) continue;
      const found = isAbsolute(path) ? path : join(base, path);
      if (use === 'script') this.#runFile(found);
      else this.added.push({ folder: found, use });
    }
  }

  #followImport(one: PythonImport, file: string | null, parent: string): void {
    const base = this.#absolute(one, parent);
    const spot = (what: string) => {
      if (!one.isOptional) this.#spots.push({ what, file, line: one.line, column: one.column });
    };
    if (base === null) {
      spot('a relative import leads out of the package that it is in');
      return;
    }
    const found = this.#require(base);
    if (found === 'elsewhere') {
      const [first = ''] = base.split('.');
      if (isStandard(first)) return;
      if (!this.#noteOwners(first)) {
        spot(`"${base}" is no module of the workspace and no package that is installed`);
      }
      return;
    }
    if (found === null) {
      spot(`there is no module "${base}"`);
      return;
    }
    if (found.folders === null) return;
    const names = one.names.includes('*') ? (found.facts?.exported ?? []) : one.names;
    // Each may be a module of its own, or something that the package defines.
    for (const name of names) if (/^\w+$/u.test(name)) this.#require(`${base}.${name}`);
  }

  #absolute({ module, level }: PythonImport, parent: string): string | null {
    if (level === 0) return module;
    const steps = parent === '' ? [] : parent.split('.');
    if (level > steps.length) return null;
    const above = steps.slice(0, steps.length - level + 1);
    return [...above, ...(module === '' ? [] : [module])].join('.');
  }

  /**
   * Loads a module, and the packages that it is in before it.
   *
   * @returns `elsewhere` where its first name is none of the workspace; null where it is not there
   */
  #require(name: string): LoadedModule | null | 'elsewhere' {
    const steps = name.split('.');
    let loaded: LoadedModule | null = null;
    for (let i = 1; i <= steps.length; i++) {
      const full = steps.slice(0, i).join('.');
      const known = this.#loaded.get(full);
      if (known !== undefined) {
        if (known === null) return i === 1 ? 'elsewhere' : null;
        loaded = known;
        continue;
      }
      const step = steps[i - 1] ?? '';
      const found =
        i === 1 ? this.#finder.findFirst(step) : this.#finder.findIn(loaded?.folders ?? [], step);
      if (found === null) {
        this.#loaded.set(full, null);
        return i === 1 ? 'elsewhere' : null;
      }
      loaded = this.#load(full, found);
    }
    return loaded;
  }

  #load(
    name: string,
    found: { readonly file: string | null; readonly folders: readonly string[] | null },
  ): LoadedModule {
    const { file, folders } = found;
    const facts = file === null ? null : this.#read(file).facts;
    const loaded: LoadedModule = { file, folders, facts };
    // Before it is followed: modules import each other in rings.
    this.#loaded.set(name, loaded);
    const parent = folders === null ? name.split('.').slice(0, -1).join('.') : name;
    if (facts !== null) this.#follow(facts, file, parent);
    return loaded;
  }

  /** Notes what a package of the environment belongs to; false where that is nothing. */
  #noteOwners(module: string): boolean {
    const owners = this.#distributions.ownersOf(module);
    for (const owner of owners) this.#packages.add(owner);
    return owners.length > 0;
  }
}
