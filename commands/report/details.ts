/** Gathers what the page tells of each node and experiment where one looks closer. */

import { readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { CommandContext, NodeStatus } from 'rederive/contract';
import { THEME } from '../../experiment/plot/theme.ts';
import type { ExperimentStatus } from './experiments.ts';
import { labelRuns, nameCorruption } from './labels.ts';
import type { ReportModel } from './model.ts';
import { removeState } from './read-config.ts';
import { readCurve } from './read-curve.ts';
import type {
  ExperimentDetail,
  NodeDetail,
  NodeLogs,
  OutputDetail,
  ReportDetails,
} from './report-details.ts';
import { readSamples } from './sample-images.ts';
import { wordOptions } from './word-options.ts';

/** Gathers the details of a report's nodes and experiments. */
export async function gatherDetails(
  workspace: string,
  { experiments, folder, provenance }: ReportModel,
  nodes: readonly NodeStatus[],
): Promise<ReportDetails> {
  const places = new Map(nodes.map(({ node }, i) => [node, i]));
  const placesOf = (names: readonly string[]) => names.flatMap((name) => places.get(name) ?? []);
  const labels = labelRuns(experiments);
  return {
    nodes: nodes.map(
      (node): NodeDetail => ({
        name: node.node,
        stage: node.stage,
        state: node.state,
        fingerprint: node.fingerprint,
        upstream: placesOf(node.upstream),
        outputs: listOutputs(workspace, node),
      }),
    ),
    experiments: experiments.map((experiment): ExperimentDetail => {
      const own = listOwnNodes(experiment, nodes);
      const field = (key: string) => experiment.row?.[key] ?? experiment.known[key];
      const read = (output: string) => readOutput(workspace, own, output);
      const config = read('config');
      const metrics = read('metrics');
      return {
        name: experiment.name,
        label: labels[experiment.name] ?? experiment.name,
        corruption: nameCorruption(String(field('corruption') ?? ''), String(field('p') ?? '')),
        nodes: placesOf(own.map(({ node }) => node)),
        evaluation: experiment.evaluation.node,
        data: findData(experiment, nodes),
        row: experiment.row,
        config: config === null ? null : removeState(config),
        curve: metrics === null ? null : readCurve(metrics),
      };
    }),
    samples: await readSamples(workspace, nodes),
    leftOut: [],
    options: wordOptions(provenance),
    theme: THEME,
    files: { in: 'workspace', root: `${posix.relative(`/${folder}`, '/')}/` },
  };
}

/** Bytes of a log that a report holds, and of all logs together: the last ones. */
const MOST_LOG = { each: 8000, all: 1_500_000 };

/** Reads the ends of the logs of all results that are up to date, by node. */
export async function gatherLogs(
  context: CommandContext,
  nodes: readonly NodeStatus[],
): Promise<NodeLogs> {
  const made = nodes.flatMap(({ node, state, fingerprint }) =>
    state === 'up-to-date' && fingerprint !== null ? [[node, fingerprint] as const] : [],
  );
  const most = Math.min(MOST_LOG.each, Math.floor(MOST_LOG.all / Math.max(1, made.length)));
  const logs = await context.readLogs(
    made.map(([, fingerprint]) => fingerprint),
    most,
  );
  return Object.fromEntries(
    made.flatMap(([node, fingerprint]) => {
      const log = logs[fingerprint];
      return log === undefined || log.text === '' ? [] : [[node, log]];
    }),
  );
}

/** What stands in the page's script of details. */
export function writeDetails(details: ReportDetails): string {
  return `window.reportDetails = ${JSON.stringify(details)};\n`;
}

/** Without what is volatile, which is another for the same result. */
function listOutputs(workspace: string, node: NodeStatus): readonly OutputDetail[] {
  const isMade = node.state === 'up-to-date';
  return Object.entries(node.outputs).map(([name, path]) => {
    const isKept = isMade && !node.volatile.includes(name);
    const stats = isKept ? statSync(join(workspace, path), { throwIfNoEntry: false }) : undefined;
    return {
      name,
      path,
      sha256: isKept ? (node.digests?.[name] ?? null) : null,
      bytes: stats?.isFile() ? stats.size : null,
    };
  });
}

/** The nodes of an experiment alone, upstream first: its evaluation, and what is of the same cell around it. */
function listOwnNodes(
  { evaluation, training }: ExperimentStatus,
  nodes: readonly NodeStatus[],
): readonly NodeStatus[] {
  const known = [evaluation, ...(training === null ? [] : [training])];
  const names = new Set(known.map(({ node }) => node));
  const upstream = new Set(known.flatMap((one) => one.upstream));
  const cell = cellOf(evaluation.node);
  return nodes.filter(
    (one) =>
      names.has(one.node) ||
      (cellOf(one.node) === cell &&
        (upstream.has(one.node) || one.upstream.some((name) => names.has(name)))),
  );
}

/** What of a node's name is its cell: what follows the stage's. */
function cellOf(node: string): string | null {
  const end = node.indexOf('/');
  return end < 0 ? null : node.slice(end + 1);
}

function findData(
  { training, evaluation }: ExperimentStatus,
  nodes: readonly NodeStatus[],
): string | null {
  const upstream = new Set((training ?? evaluation).upstream);
  const made = nodes.find(
    ({ node, outputs }) => upstream.has(node) && outputs['data'] !== undefined,
  );
  return made?.node ?? null;
}

/** The text of an output, of the first of some nodes that has it; null where it is not up to date. */
function readOutput(
  workspace: string,
  nodes: readonly NodeStatus[],
  output: string,
): string | null {
  const node = nodes.find(({ outputs }) => outputs[output] !== undefined);
  const path = node?.outputs[output];
  if (node?.state !== 'up-to-date' || path === undefined) return null;
  return readFileSync(join(workspace, path), 'utf8');
}
