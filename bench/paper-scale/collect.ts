/** Fills docs/paper-scale from a workspace: what a reader wants of its results, small, and the page about them. */

import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { judgeClaims } from '../../experiment/claims/claims-report.ts';
import { parseClaims } from '../../experiment/claims/read-claims.ts';
import { fail } from '../../experiment/data/failure.ts';
import { writeCsv } from '../../experiment/plot/csv.ts';
import type { MetricsLine } from '../../experiment/recorded/metrics.ts';
import {
  EPOCH_COLUMNS,
  FILES,
  listRows,
  type RecordedResult,
  readEvaluations,
  readSolutions,
} from './folder.ts';
import { fillPage } from './page.ts';

/** What is kept of a figure, as far as it is not larger than so many bytes. */
const FIGURE_OUTPUTS = ['png', 'pdf', 'csv', 'caption', 'latex'];
const LARGEST = 400_000;

/** A node, as `pipeline status --json` has it. */
interface Status {
  readonly node: string;
  readonly stage: string;
  readonly state: string;
  readonly fingerprint: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly digests: Readonly<Record<string, string>>;
  readonly volatile: readonly string[];
  readonly seconds: number;
  readonly made: { readonly at: string } | null;
}

/**
 * Fills the folder.
 *
 * @param workspace where the results stand in their places
 * @param settings what the run that drew its figures was given: `--profile paper --set …`
 * @param others what further runs were given, of whose trainings no figure tells
 * @throws StageFailure where the workspace has no evaluation that is up to date
 */
export async function collect(
  folder: string,
  workspace: string,
  settings: readonly string[],
  others: readonly string[] = [],
): Promise<void> {
  const drawn = readStatus(workspace, settings);
  const known = new Set(drawn.map(({ node }) => node));
  const more = others.length === 0 ? [] : readStatus(workspace, others);
  const nodes = [...drawn, ...more.filter(({ node }) => !known.has(node))];
  const of = (stage: string) => nodes.filter((one) => one.stage === stage);
  if (of('evaluate').length === 0) fail(`${workspace} has no evaluation that is up to date`);
  for (const name of [FILES.evaluations, FILES.configs]) {
    rmSync(join(folder, name), { recursive: true, force: true });
    mkdirSync(join(folder, name), { recursive: true });
  }
  const copy = (path: string | undefined, to: string) => {
    if (path !== undefined) copyFileSync(join(workspace, path), join(folder, to));
  };
  for (const { node, outputs } of of('evaluate')) {
    copy(outputs['evaluation'], `${FILES.evaluations}/${cellOf(node)}.json`);
    const config = of('configure').find((one) => cellOf(one.node) === cellOf(node))?.outputs;
    copy(config?.['config'], `${FILES.configs}/${cellOf(node)}.yaml`);
  }
  copy(of('least-norm')[0]?.outputs['solutions'], FILES.solutions);
  for (const { outputs } of nodes.filter(({ stage }) => stage.startsWith('plot-'))) {
    for (const [name, path] of Object.entries(outputs)) {
      const isSmall = statSync(join(workspace, path)).size <= LARGEST;
      if (FIGURE_OUTPUTS.includes(name) && isSmall) copy(path, basename(path));
    }
  }
  await writeEpochs(folder, workspace, of('train'));
  const results = nodes.map(describeResult).sort((a, b) => (a.node < b.node ? -1 : 1));
  writeLines(join(folder, FILES.results), results);

  const evaluations = await readEvaluations(folder);
  const text = readFileSync('claims.yaml', 'utf8');
  const rows = listRows(evaluations, readSolutions(folder));
  const claims = judgeClaims(parseClaims('claims.yaml', text), 'paper', rows);
  writeFileSync(join(folder, FILES.claims), `${JSON.stringify(claims, null, 1)}\n`);
  const page = join(folder, FILES.page);
  if (existsSync(page)) fillPage(page, { folder, evaluations, claims, results });
}

function cellOf(node: string): string {
  return node.slice(node.indexOf('/') + 1);
}

/** The nodes whose results are there. */
function readStatus(workspace: string, settings: readonly string[]): readonly Status[] {
  const program = join(workspace, 'pipeline/bin/pipeline.js');
  const args = [program, 'status', '--json', '-C', workspace, ...settings];
  const json = execFileSync(process.execPath, args, { maxBuffer: 1 << 28, encoding: 'utf8' });
  return (JSON.parse(json) as readonly Status[]).filter(({ state }) => state === 'up-to-date');
}

function describeResult({ node, fingerprint, made, seconds, ...one }: Status): RecordedResult {
  const steady = Object.entries(one.digests).filter(([name]) => !one.volatile.includes(name));
  return { node, fingerprint, at: made?.at ?? '', seconds, digests: Object.fromEntries(steady) };
}

/** Loss and accuracy of every epoch of every training: `metrics.jsonl` without its steps. */
async function writeEpochs(
  folder: string,
  workspace: string,
  trainings: readonly Status[],
): Promise<void> {
  const rows = trainings.flatMap(({ node, outputs }) =>
    readFileSync(join(workspace, outputs['metrics'] ?? ''), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{"kind":"epoch"'))
      .flatMap((text) => {
        const line = JSON.parse(text) as MetricsLine;
        if (line.kind !== 'epoch') return [];
        const loss = Number(line.loss.toPrecision(6));
        return [{ ...line, loss, experiment: cellOf(node) }];
      }),
  );
  await writeCsv(join(folder, FILES.epochs), EPOCH_COLUMNS, rows);
}

function writeLines(path: string, lines: readonly object[]): void {
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
