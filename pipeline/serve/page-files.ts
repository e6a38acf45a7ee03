/** The files of the live page: its frame, its styles, and its script, bundled when a server starts. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPageFiles } from '../report/render-page.ts';
import { loadEsbuild } from '../system/load-package.ts';

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

/**
 * The files by their paths; the page itself has none.
 *
 * @param program the folder of this program's package
 * @throws a system error where they are not there
 */
export async function makePageFiles(program: string): Promise<ReadonlyMap<string, PageFile>> {
  const folder = join(program, 'serve/browser');
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return new Map([
    ['', { type: 'text/html', text: read('live.html') }],
    // Its colours and tables are those of a report.
    ['report.css', { type: 'text/css', text: readPageFiles(program).styles }],
    ['live.css', { type: 'text/css', text: read('live.css') }],
    ['live.js', { type: 'text/javascript', text: await bundleScript(folder) }],
  ]);
}

async function bundleScript(folder: string): Promise<string> {
  const { build, stop } = loadEsbuild();
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: ['main.ts'],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    write: false,
    logLevel: 'silent',
  });
  await stop();
  return outputFiles[0]?.text ?? '';
}
