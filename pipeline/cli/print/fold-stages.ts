/** Nodes, each with what is to be said of it → a few lines a stage. */

import { groupCauses } from '../../explain/causes.ts';
import { wordReason } from '../../explain/wording.ts';
import type { GraphNode } from '../../graph/types.ts';
import { cleanLine } from '../../progress/text.ts';
import type { Attention } from '../../session/find-attention.ts';
import { groupByKey } from '../../system/group-by.ts';

/** A node and what is said of it; what is said alike of several nodes is said once. */
export interface StageEntry {
  readonly node: GraphNode;
  readonly text: string;
  /** Whether all is well with the node, so that it need not be named. */
  readonly isCalm: boolean;
}

/** Up to so many nodes that are in another state than the rest of their stage are named. */
const NAMED_NODES = 3;
/** So many things are said of a stage, the rest is counted. */
const MOST_GROUPS = 6;
/** So many reasons of a node are named. */
const NAMED_REASONS = 2;

/** A stage's nodes of which the same is said. */
interface Group {
  readonly text: string;
  readonly isCalm: boolean;
  readonly nodes: GraphNode[];
}

/**
 * Says of each stage how many of its nodes are in which state, `train  20 of 24 up to date`, and names those
 * that need attention where they are few.
 *
 * @param wordGroup what is added for a whole group, its time for one
 */
export function foldStages(
  entries: readonly StageEntry[],
  wordGroup: (nodes: readonly GraphNode[]) => string,
): string[] {
  const stages = groupByKey(entries, ({ node }) => node.stage.name);
  const width = Math.max(0, ...[...stages].map(([name, of]) => titleOf(name, of).length));
  return [...stages].flatMap(([name, ofStage]) => {
    const groups = [...groupByKey(ofStage, ({ text }) => text)].map(
      ([text, of]): Group => ({
        text,
        isCalm: of.every(({ isCalm }) => isCalm),
        nodes: of.map(({ node }) => node),
      }),
    );
    // What is as it should be first, and in one line with the stage's name.
    groups.sort((a, b) => Number(b.isCalm) - Number(a.isCalm));
    const shown = groups.slice(0, MOST_GROUPS);
    const lines = shown.map((group) => {
      const added = wordGroup(group.nodes);
      return `${wordNodes(group, ofStage.length)}${group.text}${added}`;
    });
    const hidden = groups.slice(MOST_GROUPS).flatMap(({ nodes }) => nodes);
    if (hidden.length > 0) lines.push(`${hidden.length} of ${ofStage.length} others: see -v`);
    return lines.map((line, index) =>
      `${(index === 0 ? titleOf(name, ofStage) : '').padEnd(width)}  ${line}`.trimEnd(),
    );
  });
}

/** A stage of one node goes by that node's name. */
function titleOf(stage: string, entries: readonly StageEntry[]): string {
  return entries.length === 1 ? (entries[0]?.node.id ?? stage) : stage;
}

function wordNodes({ nodes, isCalm }: Group, total: number): string {
  if (total === 1) return '';
  const isNamed = !isCalm && nodes.length <= NAMED_NODES && nodes.length < total;
  if (!isNamed) return `${nodes.length} of ${total} `;
  return `${nodes.map(({ id }) => cleanLine(id)).join(', ')} `;
}

/** What is known of why a node is not up to date, as it follows on its state. */
export function wordAttention(attention: Attention | undefined): string {
  if (attention === undefined) return '';
  const groups = groupCauses(attention.causes);
  if (groups.length === 0) return '';
  if (groups.every(([{ reason }]) => reason.kind === 'never-run')) return ' for the first time';
  const named = groups.slice(0, NAMED_REASONS).map(([{ reason }]) => wordReason(reason));
  const rest = groups.length - named.length;
  return `, since ${named.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
}
