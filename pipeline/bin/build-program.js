/**
 * Compiles the program, which `bin/find-program.js` does on first use.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build as bundle, stop } from 'esbuild';

/**
 * A compiled program.
 *
 * @typedef {object} Build
 * @property {string} main the text of `main.cjs`
 * @property {{ readonly name: string, readonly bytes: Uint8Array }[]} files all of it, `worker.mjs` too
 */

/**
 * Compiles the program and its worker. Writes nothing.
 *
 * @param {string} sources the folder of the program's sources
 * @returns {Promise<Build>}
 */
export async function buildProgram(sources) {
  /** @type {import('esbuild').BuildOptions} */
  const common = {
    outdir: sources,
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node20',
    // Packages in one piece load in a fraction of the time; esbuild itself is a program, the other one has files beside it.
    external: ['esbuild', '@vscode/tree-sitter-wasm'],
    sourcemap: true,
    logLevel: 'error',
  };
  const results = await Promise.all([
    bundle({
      ...common,
      entryPoints: { main: join(sources, 'cli/main.ts') },
      // One script whose compiled form can be kept; what is imported dynamically waits in it.
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      banner: { js: "const OWN_URL = require('node:url').pathToFileURL(__filename).href;" },
      define: { 'import.meta.url': 'OWN_URL' },
      plugins: [await compileSchemaAhead(sources)],
    }),
    bundle({
      ...common,
      entryPoints: { worker: join(sources, 'executor/worker.ts') },
      format: 'esm',
      outExtension: { '.js': '.mjs' },
    }),
  ]);
  await stop();
  const files = results
    .flatMap(({ outputFiles = [] }) => outputFiles)
    .map(({ path, contents }) => ({ name: basename(path), bytes: contents }));
  const main = files.find(({ name }) => name === 'main.cjs');
  if (main === undefined) throw new Error('esbuild made no main.cjs');
  return { main: Buffer.from(main.bytes).toString(), files };
}

/**
 * Puts the compiled validator of `pipeline.yaml` in the place of the module that compiles it.
 *
 * @param {string} sources
 */
async function compileSchemaAhead(sources) {
  const folder = join(sources, 'pipeline-file');
  /** @param {string} name */
  const readJson = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
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
        resolveDir: folder,
      }));
    },
  };
}
