/** The command `pipeline publish`: the results of a profile as a folder for others. */

import { resolve } from 'node:path';
import type { CommandContext } from 'rederive/contract';
import { summarizeClaims } from '../experiment/claims/claims-report.ts';
import { fail } from '../experiment/data/failure.ts';
import { collectFiles } from './publish/collect.ts';
import { compareResults, type PublishedResults, readResults } from './publish/compare.ts';
import { formatComparison } from './publish/format-comparison.ts';
import { layFile, placeFiles, refuseForeignFile, refuseForeignFiles } from './publish/place.ts';
import { MANIFEST_FILE, makeManifest, type PublishedFile } from './publish/publication.ts';
import { readArguments } from './read-arguments.ts';
import type { Selection } from './report/model.ts';
import { formatMegabytes, renderSinglePage, SINGLE_MARK } from './report/single-page.ts';
import { gatherReport, type ReportSources, writeReport } from './report/write-report.ts';

const USAGE = `Usage: pipeline publish --out <folder> [--base <folder>] [--profile <name>] [--set <key=value>] [--as <name>]
       pipeline publish --out <file.html> --single [--profile <name>] [--set <key=value>] [--as <name>]

Writes the report of a profile with figures, data, configs and a manifest of SHA-256 digests into a
folder that needs no server. The same results give the same bytes, but for files that the manifest
calls volatile, which hold wall-clock times. It trains nothing: run pipeline run all before.

Options:
  -o, --out <folder>     where; an earlier publication there is replaced, other files are not
  -b, --base <folder>    an earlier publication: says in comparison.json and comparison.md which
                         claims, test errors and steps have moved since
      --single           the report alone, as one HTML file that holds figures and styles, to be mailed: of 5 MB at
                         most, for which it leaves out what is needed least, and says so
  -p, --profile <name>   the profile of pipeline.yaml (default: its default_profile)
  -s, --set <key=value>  change a parameter; may be repeated
      --as <name>        an exploration, whose outputs stand in a folder of their own
`;

/**
 * Publishes.
 *
 * @returns 0
 * @throws StageFailure where the arguments are wrong, or results are not in their places
 */
export async function main(context: CommandContext): Promise<number> {
  const { help, out, base, single, ...selection } = readOptions(context.args);
  if (help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (out === undefined) return fail(`--out is missing\n\n${USAGE}`);
  if (single === true) {
    if (base !== undefined) return fail('--base compares a folder: it does not go with --single');
    return publishSingle(context, out, selection);
  }
  const folder = resolve(out);
  refuseForeignFiles(folder);
  const before = base === undefined ? null : readResults(resolve(base));
  const report = await writeReport(context, selection);
  refuseCached(report);
  const files = collectFiles(context.workspace, report);
  const { claims, experiments } = report.model;
  const manifest = makeManifest(claims.profile, files);
  const rows = experiments.flatMap(({ row }) => row ?? []);
  const { digest } = manifest;
  const now = { profile: claims.profile, digest, claims: claims.claims, rows };
  const compared = before === null ? [] : writeComparison(before, now);
  const listed = makeManifest(claims.profile, [...files, ...compared]);
  await placeFiles(folder, [
    ...files,
    ...compared,
    makeFile(MANIFEST_FILE, `${JSON.stringify({ ...listed, digest }, null, 1)}\n`),
  ]);
  const missing = experiments.length - rows.length;
  const partial = missing === 0 ? '' : `, partial: ${missing} experiments have no result`;
  process.stdout.write(
    `[published] ${out}: ${listed.files.length} files, claims ${summarizeClaims(claims)}${partial}\n`,
  );
  return 0;
}

/** Writes the report as one file. @returns 0 */
async function publishSingle(
  context: CommandContext,
  out: string,
  selection: Selection,
): Promise<number> {
  refuseForeignFile(resolve(out), SINGLE_MARK);
  const sources = await gatherReport(context, selection);
  refuseCached(sources);
  const { text, leftOut } = renderSinglePage(context.workspace, sources);
  await layFile(resolve(out), text);
  const { claims } = sources.model;
  const size = formatMegabytes(Buffer.byteLength(text));
  process.stdout.write(`[published] ${out}: ${size}, claims ${summarizeClaims(claims)}\n`);
  if (leftOut.length > 0) {
    process.stderr.write(
      `[warning] left out, so that mail takes the file: ${leftOut.join('; ')}; a folder has all of it ` +
        '(pipeline publish --out <folder>)\n',
    );
  }
  return 0;
}

/** Fails where a result is in the cache and could not be brought into its place. */
function refuseCached({ nodes }: Pick<ReportSources, 'nodes'>): void {
  const left = nodes.filter(({ state }) => state === 'cached').map(({ node }) => node);
  if (left.length === 0) return;
  fail(
    `${left.length} results are in the cache but not in their places, and could not be put there: ` +
      `${left.join(', ')}; pipeline cache verify tells what is damaged, pipeline run all makes it again`,
  );
}

function writeComparison(before: PublishedResults, now: PublishedResults): PublishedFile[] {
  const comparison = compareResults(before, now);
  return [
    makeFile('comparison.json', `${JSON.stringify(comparison, null, 1)}\n`),
    makeFile('comparison.md', formatComparison(comparison)),
  ];
}

function makeFile(path: string, text: string): PublishedFile {
  return { path, content: Buffer.from(text), isVolatile: false };
}

function readOptions(args: readonly string[]) {
  return readArguments(args, USAGE, {
    options: {
      out: { type: 'string', short: 'o' },
      base: { type: 'string', short: 'b' },
      single: { type: 'boolean' },
      profile: { type: 'string', short: 'p' },
      set: { type: 'string', multiple: true, short: 's' },
      as: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values;
}
