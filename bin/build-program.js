/**
 * Compiles the program, which `bin/pipeline.js` does on first use.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build as bundle, stop } from 'esbuild';

/**
 * Compiles the program and its worker into `folder`, which appears complete or not at all.
 *
 * @param {string} sources the folder of the program's sources
 * @param {string} folder
 */
export async function buildProgram(sources, folder) {
  const aside = `${folder}.${randomBytes(4).toString('hex')}`;
  /** @type {import('esbuild').BuildOptions} */
  const common = {
    outdir: aside,
    bundle: true,
    platform: 'node',
    target: 'node20',
    // Packages in one piece load in a fraction of the time; esbuild itself is a program.
    external: ['esbuild'],
    sourcemap: true,
    logLevel: 'error',
  };
  await Promise.all([
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
  try {
    renameSync(aside, folder);
  } catch (error) {
    // Another process was faster; what it built is the same.
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/**
 * Puts the compiled validator of `pipeline.yaml` in the place of the module that compiles it.
 *
 * @param {string} sources
 */
async function compileSchemaAhead(sources) {
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
