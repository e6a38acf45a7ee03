#!/usr/bin/env node
import { createHash, randomBytes } from 'node:crypto';
/**
 * Starts the command line. The program is TypeScript; it is compiled to plain JavaScript on first
 * use, into a folder named after its sources' sizes and dates, so that later starts load it at once.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// The young generation begins with 1 MB and is collected a dozen times while a large graph is read.
setFlagsFromString('--semi-space-growth-factor=16');

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, 'pipeline');
const builds = join(root, '.build');

/** Changes whenever a source file, the dependencies' versions or Node changes. */
function computeBuildKey() {
  const hash = createHash('sha256').update(process.version);
  const visit = (/** @type {string} */ folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path}\0${size}\0${mtimeMs}\n`);
      }
    }
  };
  visit(sources);
  hash.update(readFileSync(join(root, 'package.json')));
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Compiles the program and its worker into `folder`, which appears complete or not at all.
 *
 * @param {string} folder
 */
async function build(folder) {
  const { build, stop } = await import('esbuild');
  const banner =
    "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";
  const aside = `${folder}.${randomBytes(4).toString('hex')}`;
  await build({
    entryPoints: {
      main: join(sources, 'cli/main.ts'),
      worker: join(sources, 'executor/worker.ts'),
    },
    outdir: aside,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Packages in one piece load in a fraction of the time; esbuild itself is a program.
    external: ['esbuild'],
    // Packages in CommonJS call it.
    banner: { js: banner },
    plugins: [await compileSchemaAhead()],
    sourcemap: true,
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
  });
  await stop();
  try {
    renameSync(aside, folder);
  } catch (error) {
    // Another process was faster; what it built is the same.
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** Puts the compiled validator of `pipeline.yaml` in the place of the module that compiles it. */
async function compileSchemaAhead() {
  const spec = join(sources, 'spec');
  /** @param {string} name */
  const readJson = (name) => JSON.parse(readFileSync(join(spec, name), 'utf8'));
  const [{ Ajv }, { default: standalone }] = await Promise.all([
    import('ajv'),
    import('ajv/dist/standalone/index.js'),
  ]);
  const ajv = new Ajv({ ...readJson('schema-options.json'), code: { source: true, esm: true } });
  const schema = readJson('pipeline.schema.json');
  ajv.addSchema(schema);
  const code = standalone.default(ajv, { validateSchema: schema.$id });
  return {
    name: 'compile-schema-ahead',
    /** @param {import('esbuild').PluginBuild} build */
    setup(build) {
      build.onLoad({ filter: /[\\/]validate-schema\.ts$/ }, () => ({
        contents: code,
        loader: 'js',
        resolveDir: spec,
      }));
    },
  };
}

const folder = join(builds, computeBuildKey());
if (!existsSync(folder)) {
  mkdirSync(builds, { recursive: true });
  await build(folder);
}
const { main } = await import(pathToFileURL(join(folder, 'main.mjs')).href);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
process.exitCode = await main(process.argv.slice(2), {
  workerPath: join(folder, 'worker.mjs'),
  root,
  version,
});
