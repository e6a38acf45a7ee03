/** The report as one file that needs none beside it: to be mailed, or opened from anywhere. */

import { readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fail } from '../../experiment/data/failure.ts';
import { renderPage } from './render-page.ts';
import { listOmissions } from './single-omissions.ts';
import { listScripts, type ReportSources } from './write-report.ts';

/** The last line of such a file: one that has it may be replaced. */
export const SINGLE_MARK = '<!-- made by pipeline publish --single -->\n';
/** Bytes that such a file may have, so that mail takes it. */
const MOST_BYTES = 5_000_000;
/** What saves fewer characters stays. */
const LEAST_SAVED = 10_000;
/** Nothing may be loaded. Vega makes functions of the expressions in specs. */
const POLICY =
  "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'";
/** Types of pictures, by ending. */
const TYPES: Readonly<Record<string, string>> = { '.svg': 'image/svg+xml', '.png': 'image/png' };

/** The report as one file. */
export interface SinglePage {
  readonly text: string;
  /** What it lacks so that it is no larger than mail takes, in words. */
  readonly leftOut: readonly string[];
}

/**
 * Renders the report with scripts and pictures in it. Where it would be too large for mail it leaves out what is
 * needed least, and says so.
 *
 * @throws StageFailure where it is too large all the same; the system's error where a picture cannot be read
 */
export function renderSinglePage(workspace: string, sources: ReportSources): SinglePage {
  let left = withLinksToNothing(sources);
  const leftOut: string[] = [];
  let text = renderText(workspace, left, leftOut);
  for (const { words, omit } of listOmissions(left)) {
    if (Buffer.byteLength(text) <= MOST_BYTES) break;
    const less = omit(left);
    const shorter = renderText(workspace, less, [...leftOut, words]);
    if (text.length - shorter.length < LEAST_SAVED) continue;
    left = less;
    leftOut.push(words);
    text = shorter;
  }
  const bytes = Buffer.byteLength(text);
  if (bytes <= MOST_BYTES) return { text, leftOut };
  return fail(
    `the report would have ${formatMegabytes(bytes)} without its charts and the details of its experiments, and ` +
      `mail takes ${formatMegabytes(MOST_BYTES)}; publish it as a folder (pipeline publish --out <folder>), or ` +
      'have fewer experiments in it with --set',
  );
}

function withLinksToNothing(sources: ReportSources): ReportSources {
  return { ...sources, details: { ...sources.details, files: { in: 'nowhere' } } };
}

function renderText(workspace: string, sources: ReportSources, leftOut: readonly string[]): string {
  const { model, parts, details } = sources;
  const scripts = listScripts({ ...sources, details: { ...details, leftOut } });
  const page = renderPage(workspace, model, parts, {
    scripts: [...scripts.values()]
      .map((text) => `<script>${escapeScript(text)}</script>\n`)
      .join(''),
    addressOf: (picture) => embedPicture(join(workspace, model.folder, picture)),
    hasFiles: false,
    leftOut,
  });
  const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">\n`;
  return `${page.replace('<title>', () => `${policy}<title>`)}${SINGLE_MARK}`;
}

/** A picture as a data URL; the PNG beside an SVG where that is the smaller. */
function embedPicture(path: string): string {
  const png = path.replace(/\.svg$/, '.png');
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size;
  const chosen = (sizeOf(png) ?? Number.POSITIVE_INFINITY) < (sizeOf(path) ?? 0) ? png : path;
  return `data:${TYPES[extname(chosen)]};base64,${readFileSync(chosen).toString('base64')}`;
}

/** `4.9 MB`. */
export function formatMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A script that nothing in it ends. Where this can stand, in a text or a pattern, it means the same. */
function escapeScript(text: string): string {
  return text.replace(/<(?=\/script|script|!--)/gi, '\\x3c');
}
