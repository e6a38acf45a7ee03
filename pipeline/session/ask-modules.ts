/** Modules that `estimate:` of stages names: asked how long nodes of a plan will take. */

import type { EstimateModule, WorkEstimate } from '../contract/estimate.ts';
import type { ToldPrediction } from '../forecast/predictions.ts';
import type { NodeId } from '../graph/types.ts';
import type { Plan, PlannedNode } from '../inspect/plan.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import { mostCpusOf } from '../scheduler/resources.ts';
import { groupByKey } from '../system/group-by.ts';
import { describeWork, listPast } from './describe-work.ts';
import { loadCommandModule } from './load-command.ts';
import type { Machine } from './machine.ts';
import { UserMistakes } from './mistakes.ts';
import type { Session } from './open-session.ts';
import type { ForecastPlaces } from './price-forecast.ts';
import type { Program } from './program.ts';

/** What estimates depend on beside the plan. */
export interface AskingSetting {
  readonly places: ForecastPlaces;
  readonly machine: Pick<Machine, 'cpus'>;
  readonly program: Pick<Program, 'importModule'>;
}

/** What modules say. */
export interface ModuleAnswers {
  /** Of the nodes that will or may run, null of those of which nothing is known. Nodes of other stages are not in it. */
  readonly told: ReadonlyMap<NodeId, ToldPrediction | null>;
  /** What brings estimates of those, in words. */
  readonly hints: readonly string[];
}

/**
 * Asks the modules of stages how long their nodes will take.
 *
 * @throws {UserMistakes} for a module that does not estimate
 */
export async function askModules(
  session: Session,
  { plan }: { readonly plan: Plan },
  setting: AskingSetting,
): Promise<ModuleAnswers> {
  const open = plan.nodes.filter(({ state }) => state === 'run' || state === 'depends-on-upstream');
  const modules = groupByKey(open, ({ node }) => moduleOf(node.stage));
  const told = new Map<NodeId, ToldPrediction | null>();
  const hints = new Set<string>();
  for (const [module, nodes] of modules) {
    if (module === null) continue;
    const { estimates, hint } = await askModule(session, module, nodes, setting);
    if (hint !== null && estimates.includes(null)) hints.add(hint);
    for (const [i, { node }] of nodes.entries()) {
      const estimate = estimates[i] ?? null;
      told.set(node.id, estimate === null ? null : toPrediction(estimate));
    }
  }
  return { told, hints: [...hints] };
}

/** The module that estimates for a stage; null where none does. */
function moduleOf({ estimate }: PlannedNode['node']['stage']): string | null {
  return estimate?.kind === 'module' ? estimate.module : null;
}

async function askModule(
  session: Session,
  module: string,
  planned: readonly PlannedNode[],
  { places: { jobs }, machine, program }: AskingSetting,
): Promise<{ readonly estimates: readonly (WorkEstimate | null)[]; readonly hint: string | null }> {
  const { root, graph, layout } = session;
  const nodes = await describeWork(session, planned, ({ stage: { resources }, stage }) =>
    jobs?.isJob(stage) === true ? resources.cpus : mostCpusOf(resources, machine.cpus),
  );
  const { url, dispose } = await loadCommandModule(root, module, { makesState: false });
  try {
    type Exported = Partial<EstimateModule> & { readonly default?: Partial<EstimateModule> };
    const exported = (await program.importModule(url)) as Exported;
    const { estimate, hint } =
      exported.estimate === undefined ? (exported.default ?? {}) : exported;
    if (typeof estimate !== 'function') {
      throw refuse(session, module, planned, 'exports no function named estimate');
    }
    const answer: unknown = await estimate({
      workspace: root,
      state: layout.commandState,
      parameters: graph.params,
      isCluster: jobs !== undefined,
      nodes,
      past: (stage) => listPast(session, stage),
    });
    if (isAnswer(answer, nodes.length)) {
      return { estimates: answer, hint: typeof hint === 'string' ? hint : null };
    }
    const said = `answered what is no list of ${nodes.length} estimates (seconds: { least, most }, cpus, source, notes) or nulls`;
    throw refuse(session, module, planned, said);
  } catch (error) {
    if (error instanceof UserMistakes || !(error instanceof Error)) throw error;
    throw refuse(session, module, planned, `failed: ${error.message}`);
  } finally {
    dispose();
  }
}

function refuse(
  { root, graph }: Session,
  module: string,
  [first]: readonly PlannedNode[],
  what: string,
): UserMistakes {
  const stage = first?.node.stage.name ?? '';
  const diagnostic: Diagnostic = {
    code: 'wrong-value',
    message: `${module}, which is to estimate stage "${stage}", ${what}`,
    location: graph.spec.source.locate(['stages', stage, 'estimate']),
    expected: 'a module whose `estimate(context)` returns an estimate or null for each node',
  };
  return new UserMistakes([diagnostic], { root });
}

const SOURCES: readonly unknown[] = ['recorded', 'calibrated', 'estimated'];

/** What comes of the user's own code is looked at before it is believed. */
function isAnswer(answer: unknown, length: number): answer is readonly (WorkEstimate | null)[] {
  return Array.isArray(answer) && answer.length === length && answer.every(isEstimateOrNull);
}

function isEstimateOrNull(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  const { seconds, cpus, source, notes } = value as Partial<WorkEstimate>;
  const { least = -1, most = -1 } = seconds ?? {};
  return (
    least >= 0 &&
    least <= most &&
    Number.isFinite(most) &&
    (cpus === null || (typeof cpus === 'number' && cpus > 0)) &&
    SOURCES.includes(source) &&
    Array.isArray(notes) &&
    notes.every((note) => typeof note === 'string')
  );
}

function toPrediction({ seconds, cpus, source, notes }: WorkEstimate): ToldPrediction {
  const { least, most } = seconds;
  return { basis: 'told', source, seconds: most, least, cpus, notes };
}
