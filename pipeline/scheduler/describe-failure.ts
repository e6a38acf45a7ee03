/** Running, its failures: the one place that words why a node has no result. */

import { existsSync } from 'node:fs';
import { describeAccesses } from '../audit/describe-accesses.ts';
import type { CollectFault } from '../cache/collect-outputs.ts';
import { describeExecution } from '../executor/describe-execution.ts';
import { nameGpus } from '../graph/node-resources.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import { locateStage } from '../inspect/inspect-safely.ts';
import {
  type Diagnostic,
  formatPlace,
  listNames,
  sortDiagnostics,
} from '../pipeline-file/diagnostic.ts';
import { showName } from '../system/byte-names.ts';
import { describeFault } from '../system/fault.ts';
import { wordForeignOwner } from '../system/foreign-owner.ts';
import { resolveIn } from '../system/resolve-path.ts';
import type { Failure, RestoreFailure } from './failure.ts';
import { type Run, stackPathOf } from './run.ts';

/** Where a node failed. */
export interface FailureSite {
  readonly graph: Graph;
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /** The file that the stack traces of bugs of ours go to; null for one among the system's temporary files. */
  readonly stackPath: string | null;
}

/** Where the nodes of a run fail. */
export function siteOf(run: Run): FailureSite {
  const { graph, layout } = run;
  return { graph, workspace: layout.workspace, stackPath: stackPathOf(run) };
}

/** Why a node has no result, for people: in a sentence that goes on from its name. */
export function describeFailure(failure: Failure, node: GraphNode, site: FailureSite): string {
  const { graph, workspace, stackPath } = site;
  switch (failure.kind) {
    case 'unreadable':
      return describeMistake(failure.diagnostics);
    case 'too-few-gpus':
      return `it needs ${nameGpus(failure.wanted)}, and this run may use ${failure.offered}`;
    case 'obstacle':
    case 'not-found-out':
      return failure.text;
    case 'execution':
      return describeExecution(failure.failure);
    case 'input-changed':
      return describeChange(failure);
    case 'undeclared': {
      const stands = (path: string) => existsSync(resolveIn(workspace, path));
      return describeAccesses(graph, node, failure.accesses, { isBrief: false, stands });
    }
    case 'not-collected':
      return describeCollectFault(failure.fault);
    case 'not-in-cache':
    case 'not-placed':
    case 'read-elsewhere':
      return describeRestoreFailure(failure);
    case 'thrown': {
      const { file, line, column } = locateStage(graph, node);
      return `${file}:${line}:${column}: ${describeFault(failure.error, stackPath)}`;
    }
  }
}

/** Why an output could not be restored, for people. */
export function describeRestoreFailure(failure: RestoreFailure): string {
  const { kind, path } = failure;
  switch (kind) {
    case 'not-in-cache': {
      const { fault, digest } = failure.fault;
      return `the cached output ${path} is ${fault} (object ${digest.slice(0, 12)})`;
    }
    case 'not-placed': {
      const { error } = failure;
      return `its output ${path} cannot be put there: ${error.message}${wordForeignOwner(error)}`;
    }
    case 'read-elsewhere': {
      const { host, pid } = failure.reader.holder;
      return `${path} is read by a stage of ${host}:${pid}`;
    }
  }
}

function describeMistake(diagnostics: readonly Diagnostic[]): string {
  const [first] = sortDiagnostics(diagnostics);
  const place = first === undefined ? '' : `${formatPlace(first.location)}: `;
  const hint = first?.hint === undefined ? '' : `; ${first.hint}`;
  return `${place}${first?.message ?? 'its inputs cannot be read'}${hint}`;
}

function describeCollectFault(fault: CollectFault): string {
  switch (fault.kind) {
    case 'still-written':
      return `it ended while something was still writing ${showName(fault.file)}; a stage must wait for all that it starts`;
    case 'not-written': {
      const [first = ''] = fault.outputs;
      return `it ended well but did not write its output ${fault.outputs.join(', ')}: a command is to write to {{ outputs.${first} }}, a module to context.outputs.${first}`;
    }
    case 'unfit':
      return `its output ${fault.output} ${fault.what}`;
  }
}

const REMEDY = 'A stage must leave its inputs as they are and write to its outputs, or to a copy';

/** Who may have changed an input, and what to do. */
function describeChange({
  change: { path, text, remedy },
  undeclared,
  readers,
}: Extract<Failure, { kind: 'input-changed' }>): string {
  const isOwn = undeclared.some(
    (access) =>
      access.kind === 'write' && (access.path === path || access.path.startsWith(`${path}/`)),
  );
  const start = `its input ${text} changed while it ran, so the result is not published`;
  if (isOwn) return `${start}: it wrote into that itself. ${REMEDY}`;
  const others =
    readers.length === 0 ? '' : ` or ${listNames(readers)}, which ran meanwhile and read it too,`;
  const ignoring = remedy === null ? '' : `. If it decides nothing, such as a log: ${remedy}`;
  return `${start}. If it is this stage${others} that wrote into it: ${REMEDY.toLowerCase()}, and run --audit tells which one does not. If somebody edited it: run again${ignoring}`;
}
