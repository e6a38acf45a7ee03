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
import { type CsvValue, writeCsv } from '../../experiment/plot/csv.ts';
import type { MetricsLine } from '../../experiment/recorded/metrics.ts';
import { parseCsv } from '../../pipeline/provenance/csv.ts';
import {
  EPOCH_COLUMNS,
  FILES,
  listRows,
  type RecordedResult,
  readEvaluations,
  readRecorded,
  readSolutions,
} from './folder.ts';
import { fillPage } from './page.ts';

/** What is kept of a figure, as far as it is not larger than so many bytes. */
const FIGURE_OUTPUTS = ['png', 'pdf', 'csv', 'caption', 'latex'];
const LARGEST = 400_000;

/** A row of the table of epochs. */
type EpochRow = Readonly<Record<(typeof EPOCH_COLUMNS)[number], CsvValue>>;

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
  checkEvaluated(workspace, nodes);
  for (const name of [FILES.evaluations, FILES.configs]) {
    rmSync(join(folder, name), { recursive: true, force: true });
    mkdirSync(join(folder, name), { recursive: true });
  }
  copyExperiments(folder, workspace, nodes);
  const solutions = ofStage(nodes, 'least-norm')[0]?.outputs['solutions'];
  if (solutions !== undefined) {
    copyFileSync(join(workspace, solutions), join(folder, FILES.solutions));
  }
  for (const { outputs } of nodes.filter(({ stage }) => stage.startsWith('plot-'))) {
    for (const [name, path] of Object.entries(outputs)) {
      const from = join(workspace, path);
      if (!FIGURE_OUTPUTS.includes(name) || statSync(from).size > LARGEST) continue;
      copyFileSync(from, join(folder, basename(path)));
    }
  }
  await writeEpochs(folder, listEpochs(workspace, nodes));
  await writeSummary(folder, nodes.map(describeResult));
}

/**
 * Adds to the folder what it lacks of the trainings and evaluations of a workspace. Its figures and the results that it
 * has stay as they are.
 *
 * @param settings what the run that trained them was given
 * @throws StageFailure where the workspace has no evaluation that is up to date, or a result of the same fingerprint has
 *   other bytes here than there
 */
export async function addResults(
  folder: string,
  workspace: string,
  settings: readonly string[],
): Promise<void> {
  const nodes = readStatus(workspace, settings);
  checkEvaluated(workspace, nodes);
  const kept = readRecorded(folder);
  const byNode = new Map(kept.map((one) => [one.node, one]));
  for (const one of nodes.map(describeResult)) {
    const own = byNode.get(one.node);
    if (own?.fingerprint !== one.fingerprint) continue;
    const differs = Object.entries(one.digests).some(([name, sha]) => own.digests[name] !== sha);
    if (differs) fail(`${one.node} ${one.fingerprint} has other bytes in ${workspace}`);
  }
  // All of an experiment that is new, its config included, which figures may have needed without its training.
  const isNew = ({ node }: Status) => !byNode.has(node);
  const experiments = new Set(ofStage(nodes, 'evaluate').filter(isNew).map(cellOf));
  const added = nodes.filter((one) => isNew(one) || experiments.has(cellOf(one)));
  const replaced = new Set(added.map(({ node }) => node));
  copyExperiments(folder, workspace, added);
  const epochs = parseCsv(readFileSync(join(folder, FILES.epochs), 'utf8')).map(
    (row) => Object.fromEntries(EPOCH_COLUMNS.map((name) => [name, row[name] ?? ''])) as EpochRow,
  );
  await writeEpochs(folder, [...epochs, ...listEpochs(workspace, added)]);
  await writeSummary(folder, [
    ...kept.filter(({ node }) => !replaced.has(node)),
    ...added.map(describeResult),
  ]);
}

function checkEvaluated(workspace: string, nodes: readonly Status[]): void {
  if (ofStage(nodes, 'evaluate').length > 0) return;
  fail(`${workspace} has no evaluation that is up to date`);
}

/** The evaluations among some nodes, with the configs of what they evaluate. */
function copyExperiments(folder: string, workspace: string, nodes: readonly Status[]): void {
  const copy = (path: string | undefined, to: string) => {
    if (path !== undefined) copyFileSync(join(workspace, path), join(folder, to));
  };
  const configs = new Map(ofStage(nodes, 'configure').map((one) => [cellOf(one), one]));
  for (const one of ofStage(nodes, 'evaluate')) {
    const name = cellOf(one);
    copy(one.outputs['evaluation'], `${FILES.evaluations}/${name}.json`);
    const config = configs.get(name);
    copy(config?.outputs['config'], `${FILES.configs}/${name}.yaml`);
  }
}

/** Writes what rests on all results: their list, the verdicts, the tables of the page. */
async function writeSummary(folder: string, unsorted: readonly RecordedResult[]): Promise<void> {
  const results = unsorted.toSorted((a, b) => (a.node < b.node ? -1 : 1));
  writeLines(join(folder, FILES.results), results);
  const evaluations = await readEvaluations(folder);
  const text = readFileSync('claims.yaml', 'utf8');
  const rows = listRows(evaluations, readSolutions(folder));
  const claims = judgeClaims(parseClaims('claims.yaml', text), 'paper', rows);
  writeFileSync(join(folder, FILES.claims), `${JSON.stringify(claims, null, 1)}\n`);
  const page = join(folder, FILES.page);
  if (existsSync(page)) fillPage(page, { folder, evaluations, claims, results });
}

function ofStage(nodes: readonly Status[], stage: string): readonly Status[] {
  return nodes.filter((one) => one.stage === stage);
}

function cellOf({ node }: Pick<Status, 'node'>): string {
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

/** Loss and accuracy of every epoch of the trainings among some nodes: `metrics.jsonl` without its steps. */
function listEpochs(workspace: string, nodes: readonly Status[]): readonly EpochRow[] {
  return ofStage(nodes, 'train').flatMap((one) =>
    readFileSync(join(workspace, one.outputs['metrics'] ?? ''), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{"kind":"epoch"'))
      .flatMap((text) => {
        const line = JSON.parse(text) as MetricsLine;
        if (line.kind !== 'epoch') return [];
        const loss = Number(line.loss.toPrecision(6));
        return [{ ...line, loss, experiment: cellOf(one) }];
      }),
  );
}

function writeEpochs(folder: string, rows: readonly EpochRow[]): Promise<void> {
  return writeCsv(join(folder, FILES.epochs), EPOCH_COLUMNS, rows);
}

function writeLines(path: string, lines: readonly object[]): void {
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
