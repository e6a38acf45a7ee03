/** What a command was asked for → the nodes of it and all upstream. */

import {
  type Diagnostic,
  type Location,
  listNames,
  locateArgument,
  suggest,
} from '../pipeline-file/diagnostic.ts';
import { normalizePath } from './check-paths.ts';
import { stageOf } from './node-name.ts';
import type { Graph, GraphNode, NodeId } from './types.ts';

/** What a command was asked for, with everything that it needs. */
export interface NodeSelection {
  /** In topological order. */
  readonly nodes: readonly GraphNode[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Selects targets with all their upstream nodes. A target is a name from `targets`, a stage (all
 * its cells), a node, or a path that a node makes; none at all selects the whole graph.
 */
export function selectTargets(graph: Graph, targets: readonly string[]): NodeSelection {
  if (targets.length === 0) return { nodes: [...graph.nodes.values()], diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const wanted = new Set<NodeId>();
  for (const target of targets) {
    const found = findNodes(graph, target);
    if (found === null) {
      const location = locateArgument(`target ${target}`);
      diagnostics.push(unknownTarget(graph, target, location));
    } else for (const id of found) wanted.add(id);
  }
  const needed = new Set<NodeId>();
  const visit = [...wanted];
  for (let id = visit.pop(); id !== undefined; id = visit.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    visit.push(...(graph.nodes.get(id)?.upstream ?? []));
  }
  return { nodes: [...graph.nodes.values()].filter(({ id }) => needed.has(id)), diagnostics };
}

/** Checks that every entry of `commands.….after` is a target or a stage, in any profile. */
export function checkFollowers(graph: Graph, faultyStages: ReadonlySet<string>): Diagnostic[] {
  const { spec } = graph;
  return Object.entries(spec.commands).flatMap(([name, { after }]) =>
    after.flatMap((target, i) =>
      Object.hasOwn(spec.targets, target) ||
      Object.hasOwn(spec.stages, target) ||
      faultyStages.has(target)
        ? []
        : [unknownTarget(graph, target, spec.source.locate(['commands', name, 'after', i]))],
    ),
  );
}

/** Checks that every entry of `targets` leads to stages, in any profile. */
export function checkTargets(graph: Graph, faultyStages: ReadonlySet<string>): Diagnostic[] {
  const { spec } = graph;
  const hidden = Object.keys(spec.targets).flatMap((name): Diagnostic[] =>
    Object.hasOwn(spec.stages, name)
      ? [
          {
            code: 'reserved-name',
            message: `"${name}" cannot be the name of a target: it is that of a stage`,
            location: spec.source.locateKey(['targets', name]),
            expected: 'another name; a stage is a target by its own',
          },
        ]
      : [],
  );
  if (hidden.length > 0) return hidden;
  return Object.entries(spec.targets).flatMap(([name, members]) =>
    members.flatMap((member, i): Diagnostic[] => {
      const location = spec.source.locate(['targets', name, i]);
      const stage = member.split('/')[0] ?? member;
      if (faultyStages.has(stage) || Object.hasOwn(spec.targets, member)) {
        return reaches(graph, member, name)
          ? [
              {
                code: 'cycle',
                message: `the target "${name}" contains itself by way of "${member}"`,
                location,
                expected: 'targets made of stages, nodes and other targets',
              },
            ]
          : [];
      }
      const isStage = Object.hasOwn(spec.stages, stage);
      const inProfile = spec.stages[stage]?.profiles?.includes(graph.profile) ?? true;
      if (isStage && (!inProfile || resolveTarget(graph, member) !== null)) return [];
      return [unknownTarget(graph, member, location)];
    }),
  );
}

function reaches(graph: Graph, from: string, to: string, seen = new Set<string>()): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return (graph.spec.targets[from] ?? []).some((member) => reaches(graph, member, to, seen));
}

/** The nodes that an argument names: by a target, or by a path that one makes; null for none. */
export function findNodes(graph: Graph, target: string): NodeId[] | null {
  return resolveTarget(graph, target) ?? findMaker(graph, target);
}

/** The nodes that a target names itself; null where it names nothing. */
function resolveTarget(graph: Graph, target: string): NodeId[] | null {
  const members = Object.hasOwn(graph.spec.targets, target)
    ? graph.spec.targets[target]
    : undefined;
  if (members !== undefined) return members.flatMap((member) => resolveTarget(graph, member) ?? []);
  if (graph.nodes.has(target as NodeId)) return [target as NodeId];
  const cells = [...graph.nodes.keys()].filter((id) => stageOf(id) === target);
  return cells.length > 0 ? cells : null;
}

/** The node that makes what stands at a path, or the folder above it; null where none does. */
function findMaker(graph: Graph, target: string): NodeId[] | null {
  const path = normalizePath(target);
  for (const { id, outputs } of graph.nodes.values()) {
    if (outputs.some((made) => path === made.path || path.startsWith(`${made.path}/`))) return [id];
  }
  return null;
}

function unknownTarget(graph: Graph, target: string, location: Location): Diagnostic {
  const { spec, profile } = graph;
  const stage = spec.stages[target.split('/')[0] ?? target];
  const nodes = [...graph.nodes.keys()];
  const names = [...Object.keys(spec.targets), ...Object.keys(spec.stages)];
  if (stage !== undefined && !target.includes('/')) {
    return {
      code: 'unknown-target',
      message: `the stage "${target}" does not exist in profile "${profile}"`,
      location,
      expected: `one of its profiles: ${listNames(stage.profiles ?? [])}`,
    };
  }
  const cells = stage === undefined ? [] : nodes.filter((id) => id.startsWith(`${stage.name}/`));
  return {
    code: 'unknown-target',
    message: `unknown target "${target}"`,
    location,
    expected: `${describeTargets(Object.keys(spec.targets))}a stage or a node${cells.length > 0 ? ` (${listNames(cells, 6)})` : ''}`,
    ...suggest(target, target.includes('/') ? nodes : names),
  };
}

function describeTargets(targets: readonly string[]): string {
  return targets.length === 0 ? '' : `a target (${listNames(targets)}), `;
}
