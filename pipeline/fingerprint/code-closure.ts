/**
 * A stage's module → its code ingredient: a digest of each module, of each package, and the bundle
 * of exactly those.
 */

import { readFileSync, realpathSync } from 'node:fs';
import { extname, join, posix } from 'node:path';
import type { Diagnostic, Result } from '../pipeline-file/diagnostic.ts';
import { loadEsbuild } from '../system/load-package.ts';
import { type BundledCode, bundleModule, LOADERS, TSCONFIG } from './bundle-module.ts';
import { type Digest, hashBytes, stringifyCanonical } from './canonical.ts';
import {
  describeBuildErrors,
  describeMissingPackage,
  findComputedImports,
} from './code-mistakes.ts';
import { collectPackages } from './collect-packages.ts';
import { type FileStamp, readStamp } from './file-stamp.ts';
import type { InstalledPackages } from './installed-packages.ts';
import type { Lockfile } from './lockfile.ts';

/** All code that a stage module can reach. Its digest stands for the code in a fingerprint. */
export interface CodeClosure {
  readonly entry: string;
  /** Path from the workspace → SHA-256 of the module's text without white space and comments. */
  readonly modules: Readonly<Record<string, Digest>>;
  /** `name@version` → integrity of the lockfile, or of the content; dependencies included. */
  readonly packages: Readonly<Record<string, string>>;
}

/** A closure with what was read to find it. */
export interface TracedCode {
  readonly closure: CodeClosure;
  readonly digest: Digest;
  /** Path from the workspace → text as it was read: what the bundle was made of. */
  readonly sources: ReadonlyMap<string, string>;
  /** Path from the workspace → stamp of each file that decides the digest. */
  readonly stamps: Readonly<Record<string, FileStamp | null>>;
  /** Folder, from the workspace, of which all that fits a pattern is imported → {@link digestListing}. */
  readonly listings: Readonly<Record<string, Digest>>;
  /** Folders of the packages, from the workspace. */
  readonly folders: readonly string[];
  /**
   * One JavaScript module with everything but packages; then one for each module that it starts as a
   * thread or process, by number.
   */
  readonly bundles: readonly string[];
}

/**
 * Follows the imports of a stage module as esbuild resolves them, hashes each module by itself over
 * its text without white space and comments, and bundles exactly the bytes that were hashed.
 *
 * Each module is hashed alone because in a bundle, renaming a local in one can rename another's.
 *
 * @param bundleFolder real path of the folder that the bundles will be in
 * @param look told the path, from the workspace, of each module that is read or imported, whether it
 * exists or not
 * @returns the closure, or what cannot be followed: syntax errors, imports of files that do not
 * exist, computed imports, packages that are not installed
 */
export async function traceCode(
  workspace: string,
  entry: string,
  lockfile: Lockfile,
  bundleFolder = join(realpathSync(workspace), '.pipeline', 'code'),
  look: (path: string) => void = () => {},
  installed?: InstalledPackages,
): Promise<Result<TracedCode>> {
  const esbuild = loadEsbuild();
  // esbuild reports real paths, so the workspace is named by its real path too.
  const root = realpathSync(workspace);
  let code: BundledCode;
  try {
    code = await bundleModule(esbuild, root, bundleFolder, entry, look);
  } catch (error) {
    return { ok: false, diagnostics: describeBuildErrors(error, entry) };
  }
  const { sources, stamps, listings, imports, bundles } = code;
  const modules: Record<string, Digest> = {};
  const diagnostics: Diagnostic[] = [];
  for (const [name, text] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const code = await stripModule(esbuild, name, text);
    modules[name] = hashBytes(code);
    const isCode = ['ts', 'js'].includes(LOADERS[extname(name)] ?? '') && !name.endsWith('.node');
    if (isCode) diagnostics.push(...(await findComputedImports(esbuild, name, text, code)));
    for (const match of code.matchAll(/import\.meta\.resolve\(["'`]([^"'`]+)["'`]/g)) {
      const [, specifier = ''] = match;
      if (!/^[./]|:/.test(specifier)) imports.push({ specifier, from: posix.dirname(name) });
    }
  }
  const { packages, missing, described, folders } = collectPackages(
    lockfile,
    imports,
    root,
    installed,
  );
  for (const path of described) stamps[path] = readStamp(join(root, path));
  const aliases = missing.length > 0 ? readPathAliases(root) : [];
  diagnostics.push(...missing.map((name) => describeMissingPackage(name, entry, sources, aliases)));
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const closure: CodeClosure = { entry, modules, packages };
  const digest = hashBytes(stringifyCanonical(closure));
  return { ok: true, value: { closure, digest, sources, stamps, listings, folders, bundles } };
}

/** The keys of `paths` in the workspace's tsconfig.json, which may have comments. */
function readPathAliases(root: string): string[] {
  try {
    const text = readFileSync(join(root, 'tsconfig.json'), 'utf8');
    const keys = [...text.matchAll(/"([^"]+)"\s*:\s*\[/g)].map(([, key = '']) => key);
    return keys.filter((key) => key !== '*');
  } catch {
    return [];
  }
}

/** A module's text without what cannot matter: white space, comments, types, quote styles. */
async function stripModule(
  esbuild: typeof import('esbuild'),
  name: string,
  text: string,
): Promise<string> {
  const loader = LOADERS[extname(name)] ?? 'js';
  if (loader === 'text' || name.endsWith('.node')) return text;
  // The order of keys stays: code can see it.
  if (loader === 'json') return JSON.stringify(JSON.parse(text));
  const { code } = await esbuild.transform(text, {
    // No format: that of CommonJS would be a module, in which not all of its syntax is allowed.
    loader,
    minifyWhitespace: true,
    legalComments: 'none',
    target: 'es2023',
    tsconfigRaw: TSCONFIG,
    logLevel: 'silent',
  });
  return code;
}
