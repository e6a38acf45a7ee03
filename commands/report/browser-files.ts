/** The scripts beside a report's page: everything that it needs but its styles, as classic scripts. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Packages whose built files the page loads, in this order. */
const LIBRARIES = ['vega', 'vega-lite', 'vega-embed'] as const;

/** Names and contents of the files; the same sources give the same bytes. */
export async function makeBrowserFiles(workspace: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const { resolve } = createRequire(join(workspace, 'package.json'));
  for (const name of LIBRARIES) {
    const built = join(dirname(resolve(name)), `${name}.min.js`);
    // The maps of the sources are not copied.
    const text = (await readFile(built, 'utf8')).replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, '\n');
    files.set(`${name}.min.js`, text);
  }
  files.set('report.js', await bundleScript(workspace));
  return files;
}

async function bundleScript(workspace: string): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: workspace,
    entryPoints: ['commands/report/browser/main.ts'],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
