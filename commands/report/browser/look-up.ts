/** Looks up what the page knows of nodes and experiments, and their addresses. */

import type { ExperimentDetail, NodeDetail, ReportDetails } from '../report-details.ts';
import type { MadeFact, VolatileFacts } from '../volatile-facts.ts';
import { wordPercent } from './words.ts';

/** What has a page of its own in the drawer. */
export type Place =
  | { readonly kind: 'experiment'; readonly experiment: ExperimentDetail }
  | { readonly kind: 'node'; readonly node: NodeDetail }
  | { readonly kind: 'stage'; readonly stage: string; readonly nodes: readonly NodeDetail[] };

/** Details and facts of a report, by name. */
export class Knowledge {
  readonly details: ReportDetails;
  readonly #facts: VolatileFacts | undefined;
  readonly #nodes: ReadonlyMap<string, NodeDetail>;
  readonly #experiments: ReadonlyMap<string, ExperimentDetail>;
  readonly #owners = new Map<NodeDetail, ExperimentDetail>();
  readonly #downstream = new Map<NodeDetail, NodeDetail[]>();

  constructor(details: ReportDetails, facts: VolatileFacts | undefined) {
    this.details = details;
    this.#facts = facts;
    this.#nodes = new Map(details.nodes.map((node) => [node.name, node]));
    this.#experiments = new Map(details.experiments.map((one) => [one.name, one]));
    for (const experiment of details.experiments) {
      for (const node of this.nodesOf(experiment)) this.#owners.set(node, experiment);
    }
    for (const node of details.nodes) {
      for (const from of this.upstreamOf(node)) {
        this.#downstream.set(from, [...(this.#downstream.get(from) ?? []), node]);
      }
    }
  }

  experiment(name: string): ExperimentDetail | undefined {
    return this.#experiments.get(name);
  }

  node(name: string): NodeDetail | undefined {
    return this.#nodes.get(name);
  }

  /** The experiment that a node belongs to alone. */
  ownerOf(node: NodeDetail): ExperimentDetail | undefined {
    return this.#owners.get(node);
  }

  nodesOf(experiment: ExperimentDetail): readonly NodeDetail[] {
    return experiment.nodes.flatMap((place) => this.details.nodes[place] ?? []);
  }

  upstreamOf(node: NodeDetail): readonly NodeDetail[] {
    return node.upstream.flatMap((place) => this.details.nodes[place] ?? []);
  }

  downstreamOf(node: NodeDetail): readonly NodeDetail[] {
    return this.#downstream.get(node) ?? [];
  }

  /** When, where and in what time a node's result was made. */
  madeOf(node: NodeDetail): MadeFact | undefined {
    return this.#facts?.made[node.name];
  }

  logOf(node: NodeDetail): VolatileFacts['logs'][string] | undefined {
    return this.#facts?.logs[node.name];
  }

  /** The address of an output, by its path; null where the page cannot lead to it. */
  addressOf(path: string): string | null {
    const { files } = this.details;
    if (files.in === 'nowhere') return null;
    if (files.in === 'publication') {
      const listed = files.listed[path];
      return listed === undefined ? null : encodePath(listed);
    }
    return files.root + encodePath(path);
  }

  /** What an address within the page, `#experiment-…`, leads to; null where that is no page of the drawer. */
  findPlace(hash: string): Place | null {
    const [, kind, encoded = ''] = /^#(experiment|node|stage)-(.+)$/.exec(hash) ?? [];
    const name = decode(encoded);
    switch (kind) {
      case 'experiment': {
        const experiment = this.experiment(name);
        return experiment === undefined ? null : { kind, experiment };
      }
      case 'node': {
        const node = this.node(name);
        return node === undefined ? null : { kind, node };
      }
      case 'stage': {
        const nodes = this.details.nodes.filter(({ stage }) => stage === name);
        return nodes.length === 0 ? null : { kind, stage: name, nodes };
      }
      default:
        return null;
    }
  }

  /** The address of what is told of a run that a figure names: an experiment, or a node; null for neither. */
  addressOfRun(run: string): string | null {
    if (this.#experiments.has(run)) return addressOfExperiment(run);
    const node =
      this.#nodes.get(run) ?? this.details.nodes.find(({ name }) => cellOf(name) === run);
    return node === undefined ? null : addressOfNode(node.name);
  }

  /** What is told in a line of a run that a figure names. */
  describeRun(run: string): Readonly<Record<string, unknown>> {
    const { row } = this.#experiments.get(run) ?? {};
    if (row == null) return { run };
    const error = row['test_error'];
    return {
      experiment: run,
      threshold: `${row['reached'] === true ? 'reached' : 'not reached'}, epoch ${row['epoch']}`,
      ...(typeof error === 'number' ? { test_error: wordPercent(error) } : {}),
    };
  }
}

/** The address of what is told of an experiment. */
export function addressOfExperiment(name: string): string {
  return `#experiment-${encodeURIComponent(name)}`;
}

/** The address of what is told of a node. */
export function addressOfNode(name: string): string {
  return `#node-${encodeURIComponent(name)}`;
}

/** The address of what is told of a stage. */
export function addressOfStage(name: string): string {
  return `#stage-${encodeURIComponent(name)}`;
}

function cellOf(node: string): string {
  return node.slice(node.indexOf('/') + 1);
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** A text of an address; as it is where it is no such. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
