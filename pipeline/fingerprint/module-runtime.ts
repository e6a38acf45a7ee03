/**
 * The small runtime at the head of a bundle, which gives each module its own place and starters.
 */

/** What a bundled module knows of itself, as Node would tell the module it was made from. */
interface ModuleFacts {
  readonly dirname: string;
  readonly filename: string;
  readonly url: string;
  readonly resolve: (specifier: string) => string;
  /** `require.resolve` of a CommonJS module. */
  readonly requireResolve: NodeJS.RequireResolve;
  /** `createRequire` whose function takes what is in the bundle from there. */
  readonly makeRequire: (
    createRequire: (from: string) => NodeJS.Require,
    find: (specifier: string) => (() => unknown) | undefined,
  ) => NodeJS.Require;
}

/**
 * Put before each bundle as text: so it refers to nothing outside itself. Tells modules where their
 * sources are, which the bundle does not hold: it is the same wherever the workspace is.
 *
 * @param meta the bundle's own `import.meta`. The workspace's address is in its query (`in`), else in
 * the environment, as threads and child processes have it, else the bundle is in `.pipeline/code`.
 * @param listEntries sources that have bundles of their own beside this one, by number
 * @returns for `m_<path in hexadecimal>`: that module's facts; and what starts such entries
 */
function openModules(meta: ImportMeta, listEntries: () => readonly string[]) {
  const { createRequire } = process.getBuiltinModule('node:module');
  const { fileURLToPath, pathToFileURL } = process.getBuiltinModule('node:url');
  const { dirname, isAbsolute, relative, resolve } = process.getBuiltinModule('node:path');
  const own = new URL(meta.url);
  const root =
    own.searchParams.get('in') ?? process.env['PIPELINE_SOURCES'] ?? new URL('../../', own).href;
  const known: Record<string, unknown> = {};
  const resolvePackage = (specifier: string, filename: string): string => {
    try {
      return meta.resolve(specifier);
    } catch {
      // It is nearer to the source than to the bundle.
      const path = createRequire(filename).resolve(specifier);
      return isAbsolute(path) ? pathToFileURL(path).href : path;
    }
  };
  const tellFacts = (key: string): ModuleFacts => {
    const name = Buffer.from(key.slice(2), 'hex').toString();
    const filename = resolve(fileURLToPath(root), name);
    const url = pathToFileURL(filename).href;
    return {
      dirname: dirname(filename),
      filename,
      url,
      resolve: (specifier) =>
        /^(\.{0,2}\/|file:)/.test(specifier)
          ? new URL(specifier, url).href
          : resolvePackage(specifier, filename),
      get requireResolve() {
        return createRequire(filename).resolve;
      },
      makeRequire(create, find) {
        const native = create(filename);
        return Object.assign(
          (specifier: string) => (find(specifier) ?? (() => native(specifier)))(),
          native,
        );
      },
    };
  };
  /** The bundle of a source that has one, for those who start it; else the same. */
  const findEntry = (file: unknown): unknown => {
    const isUrl = file instanceof URL ? file.protocol === 'file:' : /^file:/.test(String(file));
    if (!isUrl && typeof file !== 'string') return file;
    const path = isUrl ? fileURLToPath(new URL(String(file))) : resolve(String(file));
    const name = relative(fileURLToPath(root), path).replaceAll('\\', '/');
    const index = listEntries().indexOf(name);
    if (index === -1) return file;
    const [digest] = fileURLToPath(own).split('/').at(-1)?.split('.') ?? [];
    return resolve(dirname(fileURLToPath(own)), `${digest}.${index}.mjs`);
  };
  type Starter = (...args: never[]) => unknown;
  type Options = { env?: unknown; execArgv?: readonly string[]; eval?: boolean };
  const withSources = (options: Options = {}) => ({
    ...options,
    execArgv: ['--enable-source-maps', ...(options.execArgv ?? process.execArgv)],
    ...(typeof options.env === 'symbol'
      ? {}
      : { env: { ...(options.env ?? process.env), PIPELINE_SOURCES: root } }),
  });
  const starters = {
    /** `Worker` of `node:worker_threads`. */
    makeWorker: <T extends object>(Worker: T): T =>
      new Proxy(Worker, {
        construct(target, [file, options]: [unknown, Options | undefined], newTarget) {
          const entry = options?.eval === true ? file : findEntry(file);
          const args = entry === file ? [file, options] : [entry, withSources(options)];
          return Reflect.construct(target as never, args, newTarget) as object;
        },
      }),
    /** `fork` of `node:child_process`. */
    makeFork: <T extends Starter>(fork: T): T =>
      new Proxy(fork, {
        apply(target, self, [file, ...rest]: unknown[]) {
          const entry = findEntry(file);
          if (entry === file) return Reflect.apply(target, self, [file, ...rest]);
          const args: unknown = Array.isArray(rest[0]) ? rest[0] : [];
          const options = rest.find((one) => typeof one === 'object' && !Array.isArray(one));
          return Reflect.apply(target, self, [entry, args, withSources(options ?? {})]);
        },
      }),
    /** `spawn`, `execFile` and the like: of Node, whose arguments may name an entry. */
    makeSpawn: <T extends Starter>(spawn: T): T =>
      new Proxy(spawn, {
        apply(target, self, [file, args, ...rest]: unknown[]) {
          const isNode = file === process.execPath || file === 'node';
          const found = isNode && Array.isArray(args) ? args.map(findEntry) : [];
          if (found.every((arg, i) => arg === (args as unknown[])[i])) {
            return Reflect.apply(target, self, [file, args, ...rest].slice(0, rest.length + 2));
          }
          const options = rest.find((one) => typeof one === 'object') ?? {};
          const { execArgv, ...others } = withSources(options);
          const callbacks = rest.filter((one) => typeof one === 'function');
          return Reflect.apply(target, self, [file, found, others, ...callbacks]);
        },
      }),
  };
  return new Proxy(known, {
    get(_target, key: string) {
      if (key in starters) return starters[key as keyof typeof starters];
      known[key] ??= tellFacts(key);
      return known[key];
    },
  });
}

/** The name under which {@link openModules}' result is known in a bundle. */
const MODULES = '__pipeline_modules__';

/** The name by which a bundle tells what entries there are; defined where they are known. */
const ENTRIES = '__pipeline_entries__';

/** The first lines of a bundle. `require` is what its CommonJS modules load packages with. */
export const RUNTIME = [
  `const ${MODULES} = (${openModules.toString()})(import.meta, () => ${ENTRIES}());`,
  "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
].join('\n');

/** Ends a bundle: a hoisted function, because modules may ask before they are through. */
export function formatEntries(entries: readonly string[]): string {
  return `function ${ENTRIES}() { return ${JSON.stringify(entries)}; }`;
}

/** The name of a module's facts in its bundle. */
export function nameFacts(module: string): string {
  return `${MODULES}.m_${Buffer.from(module).toString('hex')}`;
}

/** Modules of Node that start others, as bundled code gets them. */
export const STARTERS: Readonly<Record<string, string>> = {
  worker_threads: `import * as real from 'node:worker_threads';
export * from 'node:worker_threads';
export const Worker = ${MODULES}.makeWorker(real.Worker);
export default { ...real.default, Worker };`,
  child_process: `import * as real from 'node:child_process';
export * from 'node:child_process';
export const fork = ${MODULES}.makeFork(real.fork);
export const spawn = ${MODULES}.makeSpawn(real.spawn);
export const spawnSync = ${MODULES}.makeSpawn(real.spawnSync);
export const execFile = ${MODULES}.makeSpawn(real.execFile);
export const execFileSync = ${MODULES}.makeSpawn(real.execFileSync);
export default { ...real.default, fork, spawn, spawnSync, execFile, execFileSync };`,
};
