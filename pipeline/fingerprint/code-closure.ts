import { readFileSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { extname, join, relative, sep } from 'node:path';
import type { Loader, Plugin } from 'esbuild';
import type { Diagnostic, Result } from '../spec/diagnostic.ts';
import { loadEsbuild } from '../system/load-package.ts';
import { type Digest, hashBytes, stringifyCanonical } from './canonical.ts';
import {
  describeBuildErrors,
  describeMissingPackage,
  findComputedImports,
} from './code-mistakes.ts';
import { type FileStamp, readStamp } from './file-stamp.ts';
import { collectPackages, type Lockfile } from './lockfile.ts';

/** All code that a stage module can reach. Its digest stands for the code in a fingerprint. */
export interface CodeClosure {
  readonly entry: string;
  /** Path from the workspace → SHA-256 of the module's text without white space and comments. */
  readonly modules: Readonly<Record<string, Digest>>;
  /** `name@version` → integrity of the lockfile, dependencies included. */
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
  /** One JavaScript module with everything but packages. */
  readonly bundle: string;
}

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.json': 'json',
  '.txt': 'text',
};

/** Imports keep their order and presence in both the hash and the bundle. */
const TSCONFIG = { compilerOptions: { verbatimModuleSyntax: true, target: 'es2023' } };

/**
 * Follows the imports of a stage module as esbuild resolves them, hashes each module by itself over
 * its text without white space and comments, and bundles exactly the bytes that were hashed.
 *
 * Each module is hashed alone because in a bundle, renaming a local in one can rename another's.
 *
 * @param look told the path, from the workspace, of each module that is read or imported, whether it
 * exists or not
 * @returns the closure, or what cannot be followed: syntax errors, imports of files that do not
 * exist, computed imports, packages that are not installed
 */
export async function traceCode(
  workspace: string,
  entry: string,
  lockfile: Lockfile,
  look: (path: string) => void = () => {},
): Promise<Result<TracedCode>> {
  const esbuild = loadEsbuild();
  const sources = new Map<string, string>();
  const stamps: Record<string, FileStamp | null> = {};
  // esbuild reports real paths, so the workspace is named by its real path too.
  const root = realpathSync(workspace);
  const toName = (path: string) => relative(root, path).split(sep).join('/');
  const recordSources: Plugin = {
    name: 'record-sources',
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}(\/|$)/ }, ({ path, resolveDir }) => {
        look(toName(join(resolveDir, path)));
        // esbuild goes on to resolve it in its own way.
        return undefined;
      });
      build.onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => {
        const loader = LOADERS[extname(path)];
        if (loader === undefined) {
          // esbuild would load some of these without our seeing what it read.
          return {
            errors: [{ text: `a stage cannot import "${toName(path)}": no loader for it` }],
          };
        }
        look(toName(path));
        stamps[toName(path)] = readStamp(path);
        const contents = readFileSync(path, 'utf8');
        sources.set(toName(path), contents);
        return { contents, loader };
      });
    },
  };
  let bundle: string;
  let imports: readonly string[];
  try {
    const built = await esbuild.build({
      absWorkingDir: root,
      entryPoints: [join(root, entry)],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      sourcemap: 'inline',
      outfile: join(root, '.pipeline', 'code', 'stage.mjs'),
      logLevel: 'silent',
      tsconfigRaw: TSCONFIG,
      plugins: [recordSources],
    });
    bundle = built.outputFiles[0]?.text ?? '';
    imports = Object.values(built.metafile.outputs)
      .flatMap((output) => output.imports)
      .map(({ path }) => path)
      .filter((path) => !isBuiltin(path));
  } catch (error) {
    return { ok: false, diagnostics: describeBuildErrors(error, entry) };
  }
  const modules: Record<string, Digest> = {};
  const diagnostics: Diagnostic[] = [];
  const referenced: string[] = [];
  for (const [name, text] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const code = await stripModule(esbuild, name, text);
    modules[name] = hashBytes(code);
    const isCode = ['ts', 'js'].includes(LOADERS[extname(name)] ?? '');
    if (isCode) diagnostics.push(...(await findComputedImports(esbuild, name, text, code)));
    for (const match of code.matchAll(/import\.meta\.resolve\(["'`]([^"'`]+)["'`]/g)) {
      referenced.push(match[1] ?? '');
    }
  }
  const bare = [...imports, ...referenced].filter((path) => !path.startsWith('.'));
  const { packages, missing, described } = collectPackages(lockfile, bare, workspace);
  for (const path of described) stamps[path] = readStamp(join(root, path));
  diagnostics.push(...missing.map((name) => describeMissingPackage(name, entry, sources)));
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const closure: CodeClosure = { entry, modules, packages };
  const digest = hashBytes(stringifyCanonical(closure));
  return { ok: true, value: { closure, digest, sources, stamps, bundle } };
}

/** A module's text without what cannot matter: white space, comments, types, quote styles. */
async function stripModule(
  esbuild: typeof import('esbuild'),
  name: string,
  text: string,
): Promise<string> {
  const loader = LOADERS[extname(name)] ?? 'js';
  if (loader === 'text') return text;
  // The order of keys stays: code can see it.
  if (loader === 'json') return JSON.stringify(JSON.parse(text));
  const { code } = await esbuild.transform(text, {
    loader,
    format: 'esm',
    minifyWhitespace: true,
    legalComments: 'none',
    target: 'es2023',
    tsconfigRaw: TSCONFIG,
    logLevel: 'silent',
  });
  return code;
}
