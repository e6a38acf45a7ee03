/** Writes a report into the folder of a profile's results. */

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CommandContext, NodeStatus, ReportParts, TargetOptions } from 'rederive/contract';
import { makeBrowserFiles } from './browser-files.ts';
import { gatherDetails, gatherLogs, writeDetails } from './details.ts';
import { addressNodes } from './labels.ts';
import { assembleReport, type ReportModel, type Selection } from './model.ts';
import { gatherVolatileFacts } from './provenance.ts';
import { renderPage } from './render-page.ts';
import type { ReportDetails } from './report-details.ts';
import type { VolatileFacts } from './volatile-facts.ts';

/** The targets that a report is about. */
const TARGET = 'all';
/** What lies beside the page, from its folder. */
const BROWSER_FOLDER = 'report';
/** The one file of a report that is not the same for the same results. */
export const VOLATILE_FILE = `${BROWSER_FOLDER}/volatile.js`;
/** What is told of each node and experiment where one looks closer. */
export const DETAILS_FILE = `${BROWSER_FOLDER}/details.js`;

/** A written report: what it shows, and its files by their paths from its folder. */
export interface WrittenReport {
  readonly model: ReportModel;
  /** The nodes that it is about, as they were. */
  readonly nodes: readonly NodeStatus[];
  readonly files: readonly string[];
  readonly details: ReportDetails;
}

/** What a page is rendered from. */
export interface ReportSources {
  readonly model: ReportModel;
  /** The nodes that it is about, as they are. */
  readonly nodes: readonly NodeStatus[];
  readonly parts: ReportParts;
  readonly facts: VolatileFacts;
  readonly details: ReportDetails;
  /** Further scripts by name, in the order in which they are loaded. */
  readonly scripts: ReadonlyMap<string, string>;
}

/**
 * Gathers the report on a profile from what is up to date; what is not is missing in it.
 *
 * @throws StageFailure where the pipeline has no stage `experiments`
 */
export async function gatherReport(
  context: CommandContext,
  { profile, set = [], as: exploration }: Selection,
): Promise<ReportSources> {
  const { workspace } = context;
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
  const parts = await context.openReport([TARGET], options);
  const facts = await gatherVolatileFacts(context.$, nodes, specs, {
    timeline: parts.timeline(addressNodes(model))?.html ?? '',
    runTime: parts.times?.run ?? 'nothing has run',
    allTime: parts.times?.results ?? 'nothing has run',
    logs: await gatherLogs(context, nodes),
  });
  const details = await gatherDetails(workspace, model, nodes);
  return { model, nodes, parts, facts, details, scripts: await makeBrowserFiles(workspace) };
}

/** The texts of all scripts of a report by name, in the order in which they are loaded. */
export function listScripts({
  facts,
  details,
  scripts,
}: Pick<ReportSources, 'facts' | 'details' | 'scripts'>): ReadonlyMap<string, string> {
  const volatile = `window.reportFacts = ${JSON.stringify(facts, null, 1)};\n`;
  return new Map([
    [basename(VOLATILE_FILE), volatile],
    [basename(DETAILS_FILE), writeDetails(details)],
    ...scripts,
  ]);
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
  const sources = await gatherReport(context, selection);
  const { model, nodes, parts, details } = sources;
  const files = new Map<string, string>(
    [...listScripts(sources)].map(([name, text]) => [`${BROWSER_FOLDER}/${name}`, text]),
  );
  const page = renderPage(workspace, model, parts, {
    scripts: [...files.keys()].map((path) => `<script src="${path}"></script>\n`).join(''),
    addressOf: (picture) => picture,
    hasFiles: true,
    leftOut: [],
  });
  files.set('index.html', page);
  for (const [name, text] of files) await replaceFile(join(workspace, model.folder, name), text);
  return { model, nodes, files: [...files.keys()], details };
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
