import type { NodeStatus } from '../contract/command.ts';
import type { NodeState, Plan, PlannedNode } from '../inspect/plan.ts';
import { countOf } from '../progress/units.ts';

const MEANING: Readonly<Record<NodeState, string>> = {
  'up-to-date': 'up to date',
  cached: 'cached, to be put back in place',
  run: 'will run',
  'depends-on-upstream': 'depends on what runs before it',
  unreadable: 'cannot run: its inputs cannot be read',
};

/** Prints what a run would do: a line a node, then the totals. With `json`, one array. */
export function printPlan(plan: Plan, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(plan.nodes.map(describeNode), null, 1)}\n`);
    return;
  }
  const width = Math.max(...plan.nodes.map(({ node }) => node.id.length), 0);
  for (const planned of plan.nodes) {
    const { node, state } = planned;
    const line = `${node.id.padEnd(width)}  ${MEANING[state]} ${wordAcceptance(planned)}`;
    process.stdout.write(`${line.trimEnd()}\n`);
  }
  const totals = (Object.keys(MEANING) as NodeState[])
    .map((state) => ({
      state,
      count: plan.nodes.filter((planned) => planned.state === state).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${MEANING[state]}`);
  process.stdout.write(
    `\n${countOf(plan.nodes.length, 'node')}: ${totals.join(', ') || 'nothing'}\n`,
  );
}

/** Says that a person declared a node's result equal; empty where nobody did. */
export function wordAcceptance({ inspection }: PlannedNode): string {
  const accepted = inspection?.result?.accepted;
  return accepted === undefined ? '' : `(accepted as equal: ${accepted.reason})`;
}

/** A node for programs. */
export function describeNode({ node, state, inspection }: PlannedNode): NodeStatus {
  const provenance = inspection?.result?.provenance;
  return {
    node: node.id,
    stage: node.stage.name,
    cell: node.cell,
    state,
    fingerprint: inspection?.fingerprint ?? null,
    outputs: Object.fromEntries(node.outputs.map(({ name, path }) => [name, path])),
    upstream: node.upstream,
    params: node.params,
    summary: inspection?.result?.summary ?? null,
    seconds: provenance?.seconds ?? null,
    digests:
      inspection?.result == null
        ? null
        : Object.fromEntries(
            Object.entries(inspection.result.outputs).map(([name, { digest }]) => [name, digest]),
          ),
    volatile: node.outputs.filter((output) => output.volatile).map(({ name }) => name),
    made:
      provenance === undefined
        ? null
        : { at: provenance.startedAt, host: provenance.host, run: provenance.run },
    accepted: inspection?.result?.accepted ?? null,
  };
}
