/** A plan, in text and in JSON. */

import type { NodeStatus } from '../../contract/command.ts';
import { stageOf } from '../../graph/node-name.ts';
import type { NodeState, Plan, PlannedNode } from '../../inspect/plan.ts';
import { cleanLine } from '../../progress/text.ts';
import { countOf } from '../../progress/units.ts';
import type { Attention, Attentions } from '../../session/find-attention.ts';
import type { LookWarning } from '../../session/list-warnings.ts';
import { toNodeStatus } from '../../session/node-status.ts';
import { foldStages, wordAttention } from './fold-stages.ts';

const MEANING: Readonly<Record<NodeState, string>> = {
  'up-to-date': 'up to date',
  cached: 'cached, to be put back in place',
  run: 'will run',
  'depends-on-upstream': 'may run, depending on what runs before it',
  unreadable: 'cannot run: its inputs cannot be read',
};

/**
 * The states of nodes for people: what is to be said of each stage, or a line a node, then the totals.
 *
 * @param isVerbose whether each node gets a line
 */
export function formatPlan({ nodes }: Plan, attentions: Attentions, isVerbose: boolean): string {
  const entries = nodes.map((planned) => {
    const { node, state } = planned;
    const text = `${wordState(planned, attentions.get(node.id))} ${wordAcceptance(planned)}`;
    return { node, text: text.trimEnd(), isCalm: state === 'up-to-date' };
  });
  const width = Math.max(...nodes.map(({ node }) => node.id.length), 0);
  const lines = isVerbose
    ? entries.map(({ node, text }) => `${node.id.padEnd(width)}  ${text}`)
    : foldStages(entries, () => '');
  const totals = (Object.keys(MEANING) as NodeState[])
    .map((state) => ({ state, count: nodes.filter((planned) => planned.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${MEANING[state]}`);
  lines.push('', `${countOf(nodes.length, 'node')}: ${totals.join(', ') || 'nothing'}`);
  return lines.join('\n');
}

function wordState({ state }: PlannedNode, attention: Attention | undefined): string {
  const holder = attention?.holder ?? null;
  if (holder !== null) return `runs now, by ${cleanLine(holder.host)}:${holder.pid}`;
  const edited = attention?.isEdited === true ? 'edited, ' : '';
  return `${edited}${MEANING[state]}${wordAttention(attention)}`;
}

/** A node for programs, with what a run would warn of at its start. */
export interface WarnedStatus extends NodeStatus {
  /** Of its stage, or of one of that stage's nodes; absent where there is nothing. */
  readonly warnings?: readonly string[];
}

/** What a run would do, for programs. */
export function describePlan({ nodes }: Plan, warnings: readonly LookWarning[]): WarnedStatus[] {
  return nodes.map((planned) => withWarnings(planned, warnings));
}

/** A node for programs, with the warnings that are of it. */
export function withWarnings(planned: PlannedNode, warnings: readonly LookWarning[]): WarnedStatus {
  const status = toNodeStatus(planned);
  const own = warnings.filter(({ node }) => stageOf(node) === status.stage);
  return own.length === 0 ? status : { ...status, warnings: own.map(({ text }) => text) };
}

/** Says that a person declared a node's result equal; empty where nobody did. */
export function wordAcceptance({ readResult }: PlannedNode): string {
  const accepted = readResult()?.accepted;
  return accepted === undefined ? '' : `(accepted as equal: ${accepted.reason})`;
}
