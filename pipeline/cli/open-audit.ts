import type { Tracer } from '../audit/strace.ts';
import type { GraphNode } from '../graph/types.ts';
import { listNames } from '../spec/diagnostic.ts';

/** How a run is audited. */
export interface Audit {
  readonly strict: boolean;
  /** Sees what commands do; null where nobody looks. */
  readonly tracer: Tracer | null;
  /** What is not audited although it was asked for; null where that is nothing. */
  readonly gap: string | null;
}

/** Options of commands that run stages. */
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
  if (!(audit || strict) || commands.length === 0) return { strict, tracer: null, gap: null };
  const { findTracer } = await import('../audit/strace.ts');
  const found = findTracer(environment);
  if ('tracer' in found) return { strict, tracer: found.tracer, gap: null };
  const stages = listNames(new Set(commands.map(({ stage }) => stage.name)));
  const gap = `what commands read is not audited, because ${found.missing}: ${stages}`;
  return { strict, tracer: null, gap };
}
