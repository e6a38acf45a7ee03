/** A node that is to run → the task that a process is given. */

import { basename, join } from 'node:path';
import type { JobFile, JobInput } from '../contract/stage.ts';
import type { Json } from '../contract/values.ts';
import type { InputRecord } from '../fingerprint/record.ts';
import { formatValues } from '../graph/format-values.ts';
import { lookUpVariable, parsePieces } from '../graph/interpolate.ts';
import { findJobVariable, type JobVariable } from '../graph/job-variables.ts';
import { countGpus, resourcesOf } from '../graph/node-resources.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import { Obstacle } from '../system/fault.ts';
import { fitName } from '../system/fit-name.ts';
import type { StateLayout } from '../system/layout.ts';
import { resolveIn } from '../system/resolve-path.ts';
import type { CommandPiece, WorkerTask } from './task.ts';

/** What a job is given beyond what its fingerprint holds. */
export interface Grant {
  /** The private folder of this attempt. */
  readonly folder: string;
  readonly cpus: number;
  readonly offline: boolean;
}

/** The job of a node that starts from nothing: what its stage process is told. */
export function buildJob(
  graph: Graph,
  { node, fingerprint, record, params }: Inspection,
  layout: StateLayout,
  grant: Grant,
): JobFile {
  return {
    schema: 1,
    node: node.id,
    cell: node.cell,
    params,
    inputs: Object.fromEntries(
      node.inputs.map((input) => [
        input.name,
        input.sources.map((source, i): JobInput => {
          const path = resolveIn(layout.workspace, source.path);
          if (source.kind === 'file') return { cell: {}, path };
          const cell = graph.nodes.get(source.node)?.cell ?? {};
          const provenance = describeProvenance(record.inputs[input.name]?.[i]);
          return { node: source.node, cell, path, ...provenance };
        }),
      ]),
    ),
    outputs: Object.fromEntries(
      node.outputs.map(({ name, path }) => [
        name,
        join(grant.folder, 'outputs', fitName(name), basename(path)),
      ]),
    ),
    previous: null,
    scratch: layout.scratch(fingerprint),
    workspace: layout.workspace,
    cpus: grant.cpus,
    memory: resourcesOf(node).memoryBytes || null,
    gpus: countGpus(node.stage.resources),
    ...(record.machine === undefined ? {} : { machine: record.machine }),
    offline: grant.offline,
  };
}

/** What a job says of where an input comes from: exactly what the fingerprint holds of it. */
function describeProvenance(
  input: InputRecord | undefined,
): Pick<JobInput, 'fingerprint' | 'sha256'> {
  if (input?.fingerprint === undefined) return {};
  const [, sha256 = ''] = input.content.split(':');
  return { fingerprint: input.fingerprint, sha256: sha256 === 'volatile' ? null : sha256 };
}

/**
 * The task of a node that runs in a process: its job, and the code that was hashed.
 *
 * @throws {@link Obstacle} for a command with a NUL in it; Error for a template, which has no
 * process
 */
export function buildTask(inspection: Inspection, job: JobFile, layout: StateLayout): WorkerTask {
  const { action, findsInputs } = inspection.node;
  if (action.kind === 'module' && inspection.code !== null) {
    const bundle = layout.code(inspection.code.digest);
    const { process } = inspection.node.stage;
    const { module } = action;
    return { job, run: { kind: 'module', module, bundle, process, findsInputs } };
  }
  if (action.kind !== 'command') throw new Error(`${inspection.node.id} does not run in a process`);
  const command = fillCommand(action.command, inspection.node, job);
  refuseNul(command);
  return { job, run: { kind: 'command', command, findsInputs } };
}

/** The system ends an argument at a NUL. */
function refuseNul(command: readonly CommandPiece[]): void {
  const texts = command.flatMap((piece) => (piece.kind === 'text' ? [piece.text] : piece.values));
  if (!texts.some((text) => text.includes('\0'))) return;
  throw new Obstacle(
    'its command, or a value that is put into it, holds a NUL character, which no command can be given; let the stage read it from a file',
  );
}

/** Whether a node can tell its scratch folder: a module is told of it, a command where it asks. */
export function usesScratch({ action, variables }: GraphNode): boolean {
  if (action.kind !== 'command') return action.kind === 'module';
  const { pieces } = parsePieces(action.command);
  return pieces.some(
    (piece) =>
      piece.kind === 'variable' && findJobVariable(piece.path, variables)?.kind === 'scratch',
  );
}

/** Splits a command line at its variables, whose values the shell gets as quoted arguments. */
function fillCommand(command: string, node: GraphNode, job: JobFile): CommandPiece[] {
  return parsePieces(command).pieces.map((piece): CommandPiece => {
    if (piece.kind === 'text') return piece;
    const [head, name = ''] = piece.path;
    if (head === 'inputs' && job.inputs[name] !== undefined) {
      return { kind: 'arguments', values: job.inputs[name].map(({ path }) => path) };
    }
    if (head === 'outputs' && job.outputs[name] !== undefined) {
      return { kind: 'arguments', values: [job.outputs[name]] };
    }
    const ofJob = findJobVariable(piece.path, node.variables);
    if (ofJob !== null) return { kind: 'arguments', values: [readJob(ofJob, job)] };
    const value: Json = lookUpVariable(node.variables, piece.path) ?? null;
    return { kind: 'arguments', values: formatValues(piece.filters, value) };
  });
}

/** A shorter result that is not there has gone no way, and its outputs have no path. */
function readJob(variable: JobVariable, job: JobFile): string {
  switch (variable.kind) {
    case 'scratch':
      return job.scratch;
    case 'cpus':
      return String(job.cpus);
    case 'gpus':
      return String(job.gpus);
    case 'previous-value':
      return String(job.previous?.value ?? 0);
    case 'previous-output':
      return job.previous?.outputs[variable.output] ?? '';
  }
}
