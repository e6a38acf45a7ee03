/** Options → what a run's audit needs, and what `inputs: auto` does. */

import type { Tracing } from '../executor/executor.ts';
import type { GraphNode } from '../graph/types.ts';
import type { Forced } from '../inspect/forced.ts';
import { planNodes } from '../inspect/plan.ts';
import { type Diagnostic, listNames } from '../pipeline-file/diagnostic.ts';
import type { AuditSettings } from '../scheduler/run-settings.ts';
import type { Session } from './open-session.ts';

/** How a run is audited. */
export interface Audit {
  readonly settings: AuditSettings;
  readonly tracing: Tracing;
  /** Why nobody sees what commands with `inputs: auto` read; null where somebody does, or there are none. */
  readonly blind: string | null;
}

/** What `pipeline run` is asked for. */
export interface AuditRequest {
  readonly audit?: boolean;
  readonly strict?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Finds what the audit that was asked for needs. Modules are audited anyway. */
export async function openAudit(
  { audit = false, strict = false }: AuditRequest,
  nodes: readonly GraphNode[],
  environment: Environment,
): Promise<Audit> {
  const isAsked = audit || strict;
  const finds = nodes.some((node) => node.findsInputs && node.action.kind === 'command');
  const commands = isAsked ? nodes.filter(({ action }) => action.kind === 'command') : [];
  if (!finds && commands.length === 0) {
    const settings = { strict, commands: false, gap: null };
    return { settings, tracing: { tracer: null, all: false }, blind: null };
  }
  const { findTracer } = await import('../audit/strace.ts');
  const found = findTracer(environment);
  const all = commands.length > 0;
  if ('tracer' in found) {
    const settings = { strict, commands: all, gap: null };
    return { settings, tracing: { tracer: found.tracer, all }, blind: null };
  }
  const stages = listNames(new Set(commands.map(({ stage }) => stage.name)));
  const gap = all ? `what commands do is not audited, because ${found.missing}: ${stages}` : null;
  return {
    settings: { strict, commands: false, gap },
    tracing: { tracer: null, all: false },
    blind: finds ? found.missing : null,
  };
}

/** Watches commands with `inputs: auto`, by what is looked for when the first of them starts. */
export async function openTracing(environment: Environment): Promise<Tracing> {
  const { findTracer } = await import('../audit/strace.ts');
  let tracer: Tracing['tracer'] | undefined;
  return {
    get tracer() {
      if (tracer === undefined) {
        const found = findTracer(environment);
        tracer = 'tracer' in found ? found.tracer : null;
      }
      return tracer;
    },
    all: false,
  };
}

/**
 * Stages with `inputs: auto` that are to run while nobody can see what they read: a mistake each. Costs as much as
 * a run without work.
 *
 * @param because why nobody can
 */
export async function findUnseen(
  { graph, nodes, tools, recall }: Session,
  because: string,
  force: Forced,
): Promise<Diagnostic[]> {
  const plan = await planNodes(graph, nodes, { ...tools, recall }, force);
  const unseen = plan.nodes.filter(
    ({ node, state }) => node.findsInputs && node.action.kind === 'command' && state === 'run',
  );
  return [...new Set(unseen.map(({ node }) => node.stage.name))].map((name) => ({
    code: 'wrong-value',
    message: `stage "${name}" has inputs: auto, and nobody can see what it reads: ${because}`,
    location: graph.spec.source.locateKey(['stages', name, 'inputs']),
    expected: 'strace, or inputs by name',
    hint: 'install strace, or declare what it reads',
  }));
}
