/**
 * Compiles the program, which `bin/find-program.js` does on first use.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
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
      plugins: [await computeAhead(sources)],
    }),
    bundle({
      ...common,
      entryPoints: { worker: join(sources, 'executor/worker.ts') },
      format: 'esm',
      outExtension: { '.js': '.mjs' },
    }),
    bundle({
      ...common,
      entryPoints: { 'job-entry': join(sources, 'slurm/job-entry.ts') },
      format: 'esm',
      outExtension: { '.js': '.mjs' },
      // Packages in it that are CommonJS ask for Node's own modules.
      banner: {
        js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
      },
      plugins: [await computeAhead(sources)],
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

/** The modules that compile a schema, each with the schema's file, what it exports and how it is compiled. */
const VALIDATORS = [
  {
    module: 'pipeline-file/validate-schema.ts',
    schema: 'pipeline-file/pipeline.schema.json',
    name: 'validateSchema',
    options: 'pipeline-file/schema-options.json',
  },
  {
    module: 'executor/validate-event-line.ts',
    schema: 'contract/events.schema.json',
    name: 'validateEventLine',
    options: 'executor/event-schema-options.json',
  },
];

/**
 * Puts what modules compute from files of this package in their places: validators of schemas, and the
 * text of a file.
 *
 * @param {string} sources
 */
async function computeAhead(sources) {
  const [{ Ajv }, { default: standalone }] = await Promise.all([
    import('ajv'),
    import('ajv/dist/standalone/index.js'),
  ]);
  /** @param {string} name */
  const read = (name) => readFileSync(join(sources, name), 'utf8');
  const computed = VALIDATORS.map(({ module, schema: file, name, options }) => {
    const ajv = new Ajv({ ...JSON.parse(read(options)), code: { source: true, esm: true } });
    const schema = JSON.parse(read(file));
    ajv.addSchema(schema);
    return { module, contents: standalone.default(ajv, { [name]: schema.$id }) };
  });
  const text = JSON.stringify(read('contract/pipeline_events.py'));
  const module = 'executor/events-module-text.ts';
  computed.push({ module, contents: `export const EVENTS_MODULE = ${text};` });
  return {
    name: 'compute-ahead',
    /** @param {import('esbuild').PluginBuild} build */
    setup(build) {
      for (const { module, contents } of computed) {
        const filter = new RegExp(`[\\\\/]${module.split('/').at(-1)?.replaceAll('.', '\\.')}$`);
        const resolveDir = dirname(join(sources, module));
        build.onLoad({ filter }, () => ({ contents, loader: 'js', resolveDir }));
      }
    },
  };
}
