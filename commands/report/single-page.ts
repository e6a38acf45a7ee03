/** The report as one file that needs none beside it: to be mailed, or opened from anywhere. */

import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { renderPage } from './render-page.ts';
import { listScripts, type ReportSources } from './write-report.ts';

/** The last line of such a file: one that has it may be replaced. */
export const SINGLE_MARK = '<!-- made by pipeline publish --single -->\n';
/** Nothing may be loaded. Vega makes functions of the expressions in specs. */
const POLICY =
  "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'";
/** Types of pictures, by ending. */
const TYPES: Readonly<Record<string, string>> = { '.svg': 'image/svg+xml', '.png': 'image/png' };

/**
 * Renders the report with scripts and pictures in it.
 *
 * @throws the system's error where a picture cannot be read
 */
export function renderSinglePage(workspace: string, sources: ReportSources): string {
  const { model, parts, details } = sources;
  const scripts = listScripts({ ...sources, details: { ...details, files: { in: 'nowhere' } } });
  const page = renderPage(workspace, model, parts, {
    scripts: [...scripts.values()]
      .map((text) => `<script>${escapeScript(text)}</script>\n`)
      .join(''),
    addressOf: (picture) => {
      const bytes = readFileSync(join(workspace, model.folder, picture));
      return `data:${TYPES[extname(picture)]};base64,${bytes.toString('base64')}`;
    },
    hasFiles: false,
  });
  const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">\n`;
  return `${page.replace('<title>', () => `${policy}<title>`)}${SINGLE_MARK}`;
}

/** A script that nothing in it ends. Where this can stand, in a text or a pattern, it means the same. */
function escapeScript(text: string): string {
  return text.replace(/<(?=\/script|script|!--)/gi, '\\x3c');
}
