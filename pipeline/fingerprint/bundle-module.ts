/** The code of a module: what it imports of the workspace, in one bundle. */

import { readFileSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import type { BuildOptions, Loader, OnLoadResult, Plugin, PluginBuild } from 'esbuild';
import { formatHead } from './bundle-head.ts';
import { BundlePackages } from './bundle-packages.ts';
import type { Digest } from './canonical.ts';
import type { PackageImport } from './collect-packages.ts';
import { type FileStamp, readStamp } from './file-stamp.ts';
import { ModuleLookups } from './module-lookups.ts';
import { formatEntries, nameFacts, RUNTIME, STARTERS } from './module-runtime.ts';
import {
  formatRequired,
  needsPreparing,
  type PreparedModule,
  prepareModule,
} from './module-source.ts';
import { PASS, PackageResolver, type ReadModules } from './resolve-packages.ts';

/** The modules that are bundled, by the ending of their names, and how esbuild reads them. */
export const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.json': 'json',
  '.txt': 'text',
  // Loaded by Node itself, from where it is.
  '.node': 'js',
};

/** Imports keep their order and presence in both the hash and the bundle. */
export const TSCONFIG = { compilerOptions: { verbatimModuleSyntax: true, target: 'es2023' } };

/** What was read to bundle a module and those that it starts. */
export interface BundledCode {
  /** Path from the workspace → text as it was read. */
  readonly sources: Map<string, string>;
  readonly stamps: Record<string, FileStamp | null>;
  /** See {@link ModuleLookups}. */
  readonly listings: Readonly<Record<string, Digest>>;
  readonly imports: PackageImport[];
  /** The module's bundle, then one for each module that it starts, by number. */
  readonly bundles: readonly string[];
}

/**
 * Bundles a stage module with all that it imports but packages, and each module that it starts as a
 * thread or process. What is read is read once.
 *
 * @param root real path of the workspace
 * @param bundleFolder real path of the folder that the bundles will be in
 * @param look told the path, from the workspace, of each module that is read or imported, whether it
 * exists or not
 * @throws what esbuild finds wrong
 */
export async function bundleModule(
  esbuild: typeof import('esbuild'),
  root: string,
  bundleFolder: string,
  entry: string,
  look: (path: string) => void,
): Promise<BundledCode> {
  const packages = new BundlePackages(root, bundleFolder);
  const reader = new ModuleReader(esbuild, root, packages, look);
  const built: string[] = [];
  const queue = [entry];
  for (let i = 0; i < queue.length; i++) {
    built.push(await reader.build(queue[i] ?? ''));
    for (const found of reader.entries) if (!queue.slice(1).includes(found)) queue.push(found);
  }
  const started = queue.slice(1);
  const head = {
    packages: Object.fromEntries(packages.folders),
    files: [...reader.sources.keys()].filter((name) => /\.(?:json|node)$/.test(name)).sort(),
  };
  const bundles = built.map((text) => {
    const at = text.lastIndexOf('//# sourceMappingURL=');
    const code = text.slice(0, at).replace(NO_HEAD, () => formatHead(head));
    return `${code}${formatEntries(started)}\n${text.slice(at)}`;
  });
  const { sources, stamps, lookups, imports } = reader;
  return { sources, stamps, listings: lookups.listings, imports, bundles };
}

class ModuleReader implements ReadModules {
  readonly sources = new Map<string, string>();
  readonly stamps: Record<string, FileStamp | null> = {};
  readonly imports: PackageImport[] = [];
  /** Modules that others start, in the order in which they were found. */
  readonly entries = new Set<string>();
  readonly #esbuild: typeof import('esbuild');
  readonly #root: string;
  readonly #look: (path: string) => void;
  readonly #prepared = new Map<string, Promise<PreparedModule>>();
  readonly #starting = new Set<string>();
  readonly #required = new Map<string, readonly string[]>();
  readonly lookups: ModuleLookups;
  readonly #resolver: PackageResolver;

  constructor(
    esbuild: typeof import('esbuild'),
    root: string,
    packages: BundlePackages,
    look: (path: string) => void,
  ) {
    this.#esbuild = esbuild;
    this.#root = root;
    this.#look = look;
    this.lookups = new ModuleLookups(root, this.stamps);
    this.#resolver = new PackageResolver(root, packages, this);
  }

  async build(entry: string): Promise<string> {
    const options: BuildOptions & { readonly write: false } = {
      absWorkingDir: this.#root,
      // Not by its path, in which a `*` would stand for anything.
      entryPoints: [ENTRY],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      // As Node: no `module` condition, no `sideEffects: false`.
      conditions: [],
      ignoreAnnotations: true,
      sourcemap: 'inline',
      banner: { js: `${NO_HEAD}\n${RUNTIME}` },
      outfile: join(this.#root, '.pipeline', 'code', 'stage.mjs'),
      logLevel: 'silent',
      tsconfigRaw: TSCONFIG,
      plugins: [
        { name: 'pipeline-modules', setup: (build) => this.#setUp(build, entry) } satisfies Plugin,
      ],
    };
    const { outputFiles } = await this.#esbuild.build(options);
    const text = outputFiles[0]?.text ?? '';
    // A default import of CommonJS is `module.exports`, as in Node, whatever package.json says.
    return text.replaceAll(/__toESM\((require_[\w$]+\(\))\)/g, '__toESM($1, 1)');
  }

  #setUp(build: PluginBuild, entry: string): void {
    build.onResolve({ filter: /.*/ }, ({ path, importer, resolveDir, kind, pluginData }) => {
      if (kind === 'entry-point') return { path: this.#findEntry(entry) };
      if (pluginData === PASS) return undefined;
      if (path.startsWith(REQUIRED))
        return { path: path.slice(REQUIRED.length), namespace: 'required' };
      if (isBuiltin(path)) {
        const name = path.replace(/^node:/, '');
        const isStarter = STARTERS[name] !== undefined && this.#starting.has(importer);
        return isStarter ? { path: name, namespace: 'starter' } : { path, external: true };
      }
      if (/^(?:data|https?):/.test(path)) return { path, external: true };
      if (/^\.{0,2}(?:\/|$)/.test(path)) {
        this.#look(this.#toName(join(resolveDir, path)));
        this.lookups.note(join(resolveDir, path));
        // esbuild goes on to resolve it in its own way.
        return undefined;
      }
      return this.#resolver.resolve(build, { path, importer, resolveDir, kind });
    });
    build.onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => this.#load(path));
    build.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: formatRequired(this.#required.get(path) ?? []),
      loader: 'js',
      resolveDir: dirname(join(this.#root, path)),
    }));
    build.onLoad({ filter: /.*/, namespace: 'starter' }, ({ path }) => ({
      contents: STARTERS[path] ?? '',
      loader: 'js',
    }));
  }

  /** Where a module really is: behind a link, it imports from there, as in Node. */
  #findEntry(entry: string): string {
    const path = join(this.#root, entry);
    try {
      const real = realpathSync(path);
      if (real !== path) this.lookups.note(path);
      return real;
    } catch {
      return path;
    }
  }

  async #load(path: string): Promise<OnLoadResult> {
    const name = this.#toName(path);
    const loader = LOADERS[extname(path)];
    if (loader === undefined) {
      // esbuild would load some of these without our seeing what it read.
      return { errors: [{ text: `a stage cannot import "${name}": no loader for it` }] };
    }
    let text = this.sources.get(name);
    if (text === undefined) {
      this.#look(name);
      this.stamps[name] = readStamp(path);
      text = readFileSync(path, extname(path) === '.node' ? 'latin1' : 'utf8');
      this.sources.set(name, text);
    }
    if (extname(path) === '.node') {
      return { contents: `module.exports = require(${nameFacts(name)}.filename);`, loader };
    }
    const isCode = loader === 'ts' || loader === 'js';
    if (isCode) this.lookups.notePatterns(path, text);
    if (!isCode || !needsPreparing(text)) return { contents: text, loader };
    let preparing = this.#prepared.get(name);
    if (preparing === undefined) {
      const options = {
        loader,
        target: 'es2023',
        tsconfigRaw: TSCONFIG,
        logLevel: 'silent',
      } as const;
      preparing = prepareModule(this.#esbuild, options, this.#root, name, text);
      this.#prepared.set(name, preparing);
    }
    let prepared: PreparedModule;
    try {
      prepared = await preparing;
    } catch {
      // The bundler finds the same mistake, and tells where.
      return { contents: text, loader };
    }
    const { contents, entries, required, starts } = prepared;
    if (starts) this.#starting.add(path);
    for (const found of entries) this.entries.add(found);
    if (!this.#required.has(name)) {
      this.#required.set(name, required);
      for (const specifier of required) {
        if (/^[./]/.test(specifier) || isBuiltin(specifier)) continue;
        const optional = /\btry\b/.test(text);
        this.imports.push({ specifier, from: this.#toName(dirname(path)), optional });
      }
    }
    return { contents, loader: 'js' };
  }

  #toName(path: string): string {
    return relative(this.#root, path).split(sep).join('/');
  }
}

const NO_HEAD = formatHead({ packages: {}, files: [] });
const ENTRY = 'pipeline-entry';
const REQUIRED = 'pipeline-required:';
