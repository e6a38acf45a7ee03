/** The phase as a whole: `PipelineSpec`, profile and settings → `Graph` and mistakes. */

import { checkPatterns } from '../ignore/check-patterns.ts';
import {
  type Diagnostic,
  formatPlace,
  listNames,
  locateArgument,
  type Result,
  suggest,
} from '../pipeline-file/diagnostic.ts';
import type { LoadedSpec } from '../pipeline-file/load-spec.ts';
import { findFolded } from './check-folding.ts';
import { checkCommands, checkNames } from './check-names.ts';
import { checkParamNames, checkParamValues } from './check-params.ts';
import { findOverlaps } from './check-paths.ts';
import { checkStage } from './check-stage.ts';
import { checkTrackers } from './check-trackers.ts';
import { Linker } from './link.ts';
import { planStage, type StagePlan } from './name-cells.ts';
import { orderTopologically } from './order.ts';
import { resolveParams } from './params.ts';
import { checkExplorations, findExplorationFolder, placeApart } from './place-apart.ts';
import type { Setting } from './read-setting.ts';
import { checkGpus, resolveGpus } from './resolve-gpus.ts';
import { checkMachine, resolveMachine } from './resolve-machine.ts';
import { checkFollowers, checkTargets } from './select.ts';
import type { Graph, GraphNode, WorkspaceView } from './types.ts';

/** What may vary between two expansions of one file. */
export interface ExpandOptions {
  /** Undefined for the file's default. */
  readonly profile: string | undefined;
  readonly settings: readonly Setting[];
  /** With the parameters of the profile's `pilot`. */
  readonly isPilot: boolean;
  /** Names an exploration, whose outputs stand apart; absent for none. */
  readonly exploration?: string | undefined;
}

const OTHER_FOLDER = 'let explorations stand in a folder of their own';

/**
 * Expands a validated spec to the graph of one profile: a node for each cell, its inputs linked to
 * the outputs of matching cells. All mistakes are collected, those of loading included.
 */
export function expandGraph(
  loaded: LoadedSpec,
  options: ExpandOptions,
  workspace: WorkspaceView,
): Result<Graph> {
  const { spec } = loaded;
  if (spec === null) return { ok: false, diagnostics: loaded.diagnostics };
  const diagnostics: Diagnostic[] = [...loaded.diagnostics, ...checkNames(loaded, spec)];
  diagnostics.push(...checkPatterns(spec));
  diagnostics.push(...checkParamNames(spec), ...checkParamValues(spec));
  diagnostics.push(...checkCommands(spec, workspace));
  const asked = options.profile ?? spec.defaultProfile;
  const profiles = Object.keys(spec.profiles);
  if (options.profile !== undefined && !profiles.includes(asked)) {
    diagnostics.push({
      code: 'unknown-profile',
      message: `unknown profile "${asked}"`,
      location: locateArgument('--profile'),
      expected: `one of ${listNames(profiles)}`,
      ...suggest(asked, profiles),
    });
  }
  // Under a profile that does not exist, the rest is checked under one that does.
  const profile = profiles.includes(asked) ? asked : (profiles[0] ?? asked);
  const resolved = resolveParams(spec, profile, options.settings, options.isPilot);
  diagnostics.push(...resolved.diagnostics);
  if (options.isPilot && spec.profiles[profile]?.pilot === null) {
    diagnostics.push({
      code: 'missing-key',
      message: `the profile "${profile}" has no pilot`,
      location: spec.source.locateKey(['profiles', profile]),
      expected: 'the key pilot, with values of parameters under which it takes little time',
    });
  }

  const plans = new Map<string, StagePlan>();
  for (const stage of Object.values(spec.stages)) {
    if (stage.profiles !== null && !stage.profiles.includes(profile)) continue;
    const withGpus = resolveGpus(stage, resolved.params);
    const settled = resolveMachine(withGpus, resolved.params);
    const plan = planStage(spec, settled, resolved, profile);
    diagnostics.push(...checkGpus(spec, stage, resolved), ...plan.diagnostics);
    diagnostics.push(...checkMachine(spec, stage, resolved, workspace));
    plans.set(stage.name, plan.value);
  }
  const linker = new Linker(loaded, spec, plans, workspace);
  const nodes = [...plans.values()].flatMap((plan) => {
    const check = checkStage(spec, plan, plans, workspace);
    diagnostics.push(...check.diagnostics);
    return linker.link(plan, check.params);
  });
  // Paths that could not be filled in are mistakes already, and say nothing of who writes what.
  const placed = nodes.filter(({ stage }) => !linker.unplaced.has(stage.name));
  const overlaps = [
    ...findOverlaps(spec, placed),
    ...findFolded(spec, placed, workspace.askFolding),
  ];
  const isMissing = ({ code }: Diagnostic) => code === 'missing-input';
  const made = new Set(overlaps.filter(isMissing).map(({ location }) => formatPlace(location)));
  // That what a stage makes is not there yet is no mistake of its own.
  const others = linker.diagnostics.filter(
    (one) => !isMissing(one) || !made.has(formatPlace(one.location)),
  );
  diagnostics.push(...others, ...overlaps);
  const ordered = orderTopologically(spec, nodes);
  diagnostics.push(...ordered.diagnostics, ...checkExplorations(spec));
  const apart = findExplorationFolder(spec, options.exploration);
  if (!apart.ok) diagnostics.push(...apart.diagnostics);
  const placedNodes = placeApart(ordered.nodes, apart.ok ? apart.value : '');
  // Apart, outputs may come to lie in a folder that is an input: one mistake, however many do.
  if (placedNodes !== ordered.nodes && diagnostics.length === 0) {
    const [first] = findOverlaps(spec, [...placedNodes.values()]);
    const location = spec.source.locate(['explorations']);
    const expected = 'a folder that no stage reads';
    if (first !== undefined) diagnostics.push({ ...first, location, expected, hint: OTHER_FOLDER });
  }
  const graph: Graph = {
    spec,
    profile,
    params: resolved.params,
    mostGpus: Math.max(0, ...[...plans.values()].map(({ stage }) => stage.resources.gpus)),
    fileInputs: listFileInputs(nodes),
    named: [],
    nodes: placedNodes,
  };
  const unordered = nodes.filter(({ id }) => !ordered.nodes.has(id)).map(({ stage }) => stage.name);
  const faultyStages = new Set([...loaded.faultyStages, ...unordered]);
  diagnostics.push(...checkTargets(graph, faultyStages));
  diagnostics.push(...checkFollowers(graph, faultyStages), ...checkTrackers(spec, faultyStages));
  return diagnostics.length > 0 ? { ok: false, diagnostics } : { ok: true, value: graph };
}

function listFileInputs(nodes: readonly GraphNode[]): string[] {
  const sources = nodes.flatMap(({ inputs }) => inputs.flatMap((input) => input.sources));
  return [...new Set(sources.flatMap(({ kind, path }) => (kind === 'file' ? [path] : [])))];
}
