/** Writes a report into the folder of a profile's results. */

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CommandContext, NodeStatus, TargetOptions } from 'rederive/contract';
import { makeBrowserFiles } from './browser-files.ts';
import { assembleReport, type ReportModel, type Selection } from './model.ts';
import { gatherVolatileFacts } from './provenance.ts';
import { renderPage } from './render-page.ts';

/** The targets that a report is about. */
const TARGET = 'all';
/** What lies beside the page, from its folder. */
const BROWSER_FOLDER = 'report';
/** The one file of a report that is not the same for the same results. */
export const VOLATILE_FILE = `${BROWSER_FOLDER}/volatile.js`;

/** A written report: what it shows, and its files by their paths from its folder. */
export interface WrittenReport {
  readonly model: ReportModel;
  /** The nodes that it is about, as they were. */
  readonly nodes: readonly NodeStatus[];
  readonly files: readonly string[];
}

/**
 * Writes the report on a profile from what is up to date; what is not is shown as missing. Files whose bytes
 * are right already are not touched.
 *
 * @throws StageFailure where the pipeline has no stage `experiments`; the system's error where the disk
 * does not take it
 */
export async function writeReport(
  context: CommandContext,
  selection: Selection,
): Promise<WrittenReport> {
  const { workspace } = context;
  const { profile, set = [], as: exploration } = selection;
  const options = {
    ...(profile === undefined ? {} : { profile }),
    ...(exploration === undefined ? {} : { as: exploration }),
    set,
  };
  const nodes = await bringIntoPlace(context, options);
  const model = assembleReport(workspace, nodes, set, exploration);
  const specs = Object.fromEntries(
    model.figures.flatMap(({ name, isVolatile, content }) =>
      isVolatile && content?.spec ? [[name, content.spec]] : [],
    ),
  );
  const facts = await gatherVolatileFacts(context.$, nodes, specs);
  const parts = await context.openReport([TARGET], options);
  const page = renderPage(workspace, model, parts, BROWSER_FOLDER);
  const files = new Map([['index.html', page]]);
  for (const [name, text] of await makeBrowserFiles(workspace)) {
    files.set(`${BROWSER_FOLDER}/${name}`, text);
  }
  files.set(VOLATILE_FILE, `window.reportFacts = ${JSON.stringify(facts, null, 1)};\n`);
  for (const [name, text] of files) await replaceFile(join(workspace, model.folder, name), text);
  return { model, nodes, files: [...files.keys()] };
}

/**
 * Brings what the cache alone has into its place, where the report reads it. @returns the states of all
 * nodes after that
 */
async function bringIntoPlace(
  context: CommandContext,
  options: TargetOptions,
): Promise<readonly NodeStatus[]> {
  const nodes = await context.status([TARGET], options);
  if (nodes.every(({ state }) => state !== 'cached')) return nodes;
  const { warnings, faults } = await context.putBack([TARGET], options);
  for (const line of [...warnings, ...faults]) process.stderr.write(`[warning] ${line}\n`);
  return context.status([TARGET], options);
}

/** Puts a text in the place of a file in one step, where it differs. */
async function replaceFile(path: string, text: string): Promise<void> {
  const present = await readFile(path, 'utf8').catch(() => null);
  if (present === text) return;
  await mkdir(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}.tmp`;
  await writeFile(aside, text);
  await rename(aside, path);
}
