/** Nodes of a plan → what they will be told, as far as that is known before anything runs. */

import type { PastWork, WorkToEstimate } from '../contract/estimate.ts';
import type { Json, JsonObject } from '../contract/values.ts';
import type { renderTemplate } from '../executor/render-template.ts';
import { resourcesOf } from '../graph/node-resources.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import { nestParams } from '../inspect/inspect.ts';
import type { PlannedNode } from '../inspect/plan.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { parseYamlSource } from '../pipeline-file/yaml-source.ts';
import { mostCpusOf } from '../scheduler/resources.ts';
import { countCpus } from '../system/limits.ts';
import type { Session, WorkspaceOptions } from './open-session.ts';
import { withSession } from './with-session.ts';

/** So many of the newest runs of a stage are shown. */
const MOST_PAST = 300;

/**
 * Describes nodes. Inputs `as: params` that a template writes are rendered, in no file.
 *
 * @param cpusOf the most CPUs that a node may have
 */
export async function describeWork(
  { graph, tools }: Pick<Session, 'graph' | 'tools'>,
  planned: readonly Pick<PlannedNode, 'node' | 'likely'>[],
  cpusOf: (node: GraphNode) => number,
): Promise<readonly WorkToEstimate[]> {
  const { renderTemplate } = await import('../executor/render-template.ts');
  const look: Look = { graph, tools, render: renderTemplate, known: new Map() };
  return planned.map(({ node, likely }): WorkToEstimate => {
    const { cpus, gpus } = resourcesOf(node);
    return {
      node: node.id,
      stage: node.stage.name,
      cell: node.cell,
      // What a template will write counts before what stands there.
      params: { ...nestParams(likely?.params ?? {}), ...paramsOf(node, look) },
      cpus: { least: cpus, most: Math.max(cpus, cpusOf(node)) },
      gpus,
    };
  });
}

/**
 * {@link describeWork} of targets and all upstream, on this machine, with all parameters.
 *
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export function describeTargets(
  targets: readonly string[],
  options: WorkspaceOptions,
): Promise<{ readonly parameters: JsonObject; readonly nodes: readonly WorkToEstimate[] }> {
  return withSession(options, targets, {}, async (session) => {
    const cpus = countCpus();
    const planned = session.nodes.map((node) => ({ node, likely: null }));
    const nodes = await describeWork(session, planned, ({ stage: { resources } }) =>
      mostCpusOf(resources, cpus),
    );
    return { parameters: session.graph.params, nodes };
  });
}

/** The runs of a stage that have a result here, the newest first. */
export function listPast(
  { history, tools }: Pick<Session, 'history' | 'tools'>,
  stage: string,
): readonly PastWork[] {
  return history
    .ofStage(stage)
    .slice(0, MOST_PAST)
    .flatMap(({ node, cell, fingerprint, seconds, cpus = null }): PastWork[] => {
      const { result } = tools.results.read(fingerprint);
      if (result === null) return [];
      const params = nestParams(result.record.params);
      const { isWhole = null } = result.provenance;
      return [{ node, cell, params, seconds, isWhole, cpus, summary: result.summary }];
    });
}

interface Look extends Pick<Session, 'graph' | 'tools'> {
  readonly render: typeof renderTemplate;
  /** What files hold that templates write; null where that cannot be told. */
  readonly known: Map<NodeId, JsonObject | null>;
}

function paramsOf(node: GraphNode, look: Look): JsonObject {
  const params: Record<string, Json> = nestParams(node.params);
  for (const { name, as, sources } of node.inputs) {
    const [source] = sources;
    if (as !== 'params' || source?.kind !== 'output') continue;
    const values = readRendered(source.node, look);
    if (values !== null) params[name] = values;
  }
  return params;
}

function readRendered(id: NodeId, look: Look): JsonObject | null {
  const known = look.known.get(id);
  if (known !== undefined) return known;
  const values = renderValues(look.graph.nodes.get(id), look);
  look.known.set(id, values);
  return values;
}

/** What a template writes, where it is a mapping of YAML. */
function renderValues(node: GraphNode | undefined, look: Look): JsonObject | null {
  if (node?.action.kind !== 'template') return null;
  const { template } = node.action;
  const analysis = look.tools.analyzeTemplate(template);
  if (!analysis.ok) return null;
  try {
    const text = look.render(analysis.value.files, template, paramsOf(node, look));
    const { source, diagnostics } = parseYamlSource(template, text, 'program');
    const value = source.value as Json;
    return diagnostics.length === 0 && isJsonObject(value) ? value : null;
  } catch (error) {
    // The run will tell what is wrong with the template.
    if (error instanceof Error && error.name === 'StageFailure') return null;
    throw error;
  }
}
