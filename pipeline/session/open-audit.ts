/** Options → what a run's audit needs. */

import type { Tracer } from '../audit/strace.ts';
import type { GraphNode } from '../graph/types.ts';
import { listNames } from '../pipeline-file/diagnostic.ts';
import type { AuditSettings } from '../scheduler/run-settings.ts';

/** How a run is audited. */
export interface Audit {
  readonly settings: AuditSettings;
  /** Sees what commands do; null where nobody looks. */
  readonly tracer: Tracer | null;
}

/** What `pipeline run` is asked for. */
export interface AuditRequest {
  readonly audit?: boolean;
  readonly strict?: boolean;
}

/** Finds what the audit that was asked for needs. Modules are audited anyway. */
export async function openAudit(
  { audit = false, strict = false }: AuditRequest,
  nodes: readonly GraphNode[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Audit> {
  const commands = nodes.filter(({ action }) => action.kind === 'command');
  if (!(audit || strict) || commands.length === 0) {
    return { settings: { strict, commands: false, gap: null }, tracer: null };
  }
  const { findTracer } = await import('../audit/strace.ts');
  const found = findTracer(environment);
  if ('tracer' in found) {
    return { settings: { strict, commands: true, gap: null }, tracer: found.tracer };
  }
  const stages = listNames(new Set(commands.map(({ stage }) => stage.name)));
  const gap = `what commands do is not audited, because ${found.missing}: ${stages}`;
  return { settings: { strict, commands: false, gap }, tracer: null };
}
