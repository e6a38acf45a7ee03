/** Collects what is published of a profile: the report with all that it shows, and the data behind it. */

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatClaimsMarkdown } from '../../experiment/claims/claims-report.ts';
import { writeDetails } from '../report/details.ts';
import { removeState } from '../report/read-config.ts';
import { DETAILS_FILE, VOLATILE_FILE, type WrittenReport } from '../report/write-report.ts';
import type { PublishedFile } from './publication.ts';

/** Outputs of trainings and evaluations that are small and tell all about them, by output name. */
const RUN_OUTPUTS = ['metrics', 'evaluation', 'timing'];

/** Collects the files of a publication from a report and from the outputs that are up to date. */
export function collectFiles(
  workspace: string,
  { model, nodes, files, details }: WrittenReport,
): readonly PublishedFile[] {
  const read = (path: string) => readFileSync(join(workspace, path));
  const published = new Map<string, PublishedFile>();
  const add = (path: string, content: Uint8Array | string, isVolatile = false) =>
    published.set(path, {
      path,
      content: typeof content === 'string' ? Buffer.from(content) : content,
      isVolatile,
    });
  const places: Record<string, string> = {};
  for (const path of files) add(path, read(`${model.folder}/${path}`), path === VOLATILE_FILE);
  for (const { content, isVolatile } of model.figures) {
    for (const file of Object.values(content?.files ?? {})) {
      const path = `${model.folder}/${file}`;
      add(file, read(path), isVolatile);
      places[path] = file;
    }
  }
  add('claims.json', `${JSON.stringify(model.claims, null, 1)}\n`);
  add('claims.md', formatClaimsMarkdown(model.claims));
  const rows = model.experiments.flatMap(({ row }) => (row === null ? [] : [JSON.stringify(row)]));
  add(
    'experiments.jsonl',
    rows
      .sort()
      .map((row) => `${row}\n`)
      .join(''),
  );
  for (const node of nodes) {
    if (node.state !== 'up-to-date') continue;
    const run = node.node.slice(node.node.indexOf('/') + 1);
    for (const [output, path] of Object.entries(node.outputs)) {
      const file = basename(path);
      if (output === 'config') {
        places[path] = `configs/${file}`;
        add(`configs/${file}`, removeState(read(path).toString()));
      }
      if (!RUN_OUTPUTS.includes(output)) continue;
      places[path] = `runs/${run}/${file}`;
      add(`runs/${run}/${file}`, read(path), node.volatile.includes(output));
    }
  }
  add(DETAILS_FILE, writeDetails({ ...details, files: { in: 'publication', listed: places } }));
  return [...published.values()];
}
