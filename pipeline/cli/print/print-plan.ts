/** A plan, in text and in JSON. */

import type { NodeStatus } from '../../contract/command.ts';
import type { NodeState, Plan, PlannedNode } from '../../inspect/plan.ts';
import { countOf } from '../../progress/units.ts';
import { toNodeStatus } from '../../session/node-status.ts';

const MEANING: Readonly<Record<NodeState, string>> = {
  'up-to-date': 'up to date',
  cached: 'cached, to be put back in place',
  run: 'will run',
  'depends-on-upstream': 'depends on what runs before it',
  unreadable: 'cannot run: its inputs cannot be read',
};

/** What a run would do, for people: a line a node, then the totals. */
export function formatPlan({ nodes }: Plan): string {
  const width = Math.max(...nodes.map(({ node }) => node.id.length), 0);
  const lines = nodes.map((planned) => {
    const { node, state } = planned;
    return `${node.id.padEnd(width)}  ${MEANING[state]} ${wordAcceptance(planned)}`.trimEnd();
  });
  const totals = (Object.keys(MEANING) as NodeState[])
    .map((state) => ({ state, count: nodes.filter((planned) => planned.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${MEANING[state]}`);
  lines.push('', `${countOf(nodes.length, 'node')}: ${totals.join(', ') || 'nothing'}`);
  return lines.join('\n');
}

/** What a run would do, for programs. */
export function describePlan({ nodes }: Plan): NodeStatus[] {
  return nodes.map(toNodeStatus);
}

/** Says that a person declared a node's result equal; empty where nobody did. */
export function wordAcceptance({ readResult }: PlannedNode): string {
  const accepted = readResult()?.accepted;
  return accepted === undefined ? '' : `(accepted as equal: ${accepted.reason})`;
}
