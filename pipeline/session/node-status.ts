/** A node of a plan → the value that programs and commands of a workspace get. */

import type { NodeStatus } from '../contract/command.ts';
import type { PlannedNode } from '../inspect/plan.ts';

/** A node of a plan for programs: what `status --json` prints, and commands of a workspace are told. */
export function toNodeStatus({ node, state, fingerprint, readResult }: PlannedNode): NodeStatus {
  const result = readResult();
  const provenance = result?.provenance;
  return {
    node: node.id,
    stage: node.stage.name,
    cell: node.cell,
    state,
    fingerprint,
    outputs: Object.fromEntries(node.outputs.map(({ name, path }) => [name, path])),
    upstream: node.upstream,
    params: node.params,
    summary: result?.summary ?? null,
    seconds: provenance?.seconds ?? null,
    cpuSeconds: provenance?.usage?.cpuSeconds ?? null,
    memory: provenance?.usage?.memory ?? null,
    digests:
      result === null
        ? null
        : Object.fromEntries(
            Object.entries(result.outputs).map(([name, { digest }]) => [name, digest]),
          ),
    volatile: node.outputs.filter((output) => output.volatile).map(({ name }) => name),
    made:
      provenance === undefined
        ? null
        : { at: provenance.startedAt, host: provenance.host, run: provenance.run },
    accepted: result?.accepted ?? null,
  };
}
