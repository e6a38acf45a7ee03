/**
 * Running, results of others: what a node waits for that a remote cache may have. A look at a node asks
 * here what has to come first, and is taken again when it has come, until nothing is left to ask for.
 */

import { hashDeclared } from '../cache/read-sets.ts';
import type { ResultOutput } from '../cache/results.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { Run } from './run.ts';
import type { RunState } from './run-state.ts';
import { WantedOutputs } from './wanted-outputs.ts';

/** Outputs of a node upstream that are not here. */
interface Lack {
  readonly maker: GraphNode;
  readonly names: readonly string[];
}

/** Decides what is fetched for which node, each thing once a run. */
export class Borrower {
  readonly #run: Run;
  readonly #state: RunState;
  readonly #asked = new Set<string>();
  readonly #bringing = new Map<string, Promise<void>>();
  #wanted: WantedOutputs | undefined;

  constructor(run: Run, state: RunState) {
    this.#run = run;
    this.#state = state;
  }

  /**
   * What has to come before a node can go on: its result, or, where it has to run, what it reads.
   *
   * @param isRemade whether it runs although it may have a result
   * @returns null where nothing is left that could come; `upstream` where something that it reads is
   * made again first, after which the node is ready once more
   */
  findErrand(work: Inspection, isRemade: boolean): (() => Promise<void>) | 'upstream' | null {
    const { remote } = this.#run.services;
    const { node, result, fingerprint } = work;
    if (result === null && remote !== null && !isRemade) {
      const lookup = this.#findLookup(work, remote);
      if (lookup !== null) return lookup;
    }
    if (result !== null && !isRemade) {
      if (remote === null && result.pulled === undefined) return null;
      const missing = this.#chooseNeeded(work).filter(({ output }) => !this.#isHere(output));
      if (missing.length === 0) return null;
      if (remote !== null && this.#isNew(`outputs ${fingerprint}`)) {
        const outputs = missing.map(({ output }) => output);
        return async () => {
          await remote.fetch(outputs, result);
        };
      }
    }
    return this.#findInputs(node);
  }

  /** Of the outputs of a result that are not in their places, those that stay where they are. */
  listLeftOut(work: Inspection): readonly string[] {
    if (work.result?.pulled === undefined) return [];
    const needed = new Set(this.#chooseNeeded(work).map(({ name }) => name));
    return work.misplaced.filter((name) => {
      const output = work.result?.outputs[name];
      return !needed.has(name) && output !== undefined && !this.#isHere(output);
    });
  }

  #findLookup(
    work: Inspection,
    remote: NonNullable<Run['services']['remote']>,
  ): (() => Promise<void>) | null {
    if (work.node.findsInputs && this.#isNew(`reads ${hashDeclared(work.record)}`))
      return () => remote.findReads(work);
    return this.#isNew(`result ${work.fingerprint}`) ? () => remote.find(work) : null;
  }

  /** The outputs of a result that have to be put in their places. */
  #chooseNeeded({ node, result, misplaced }: Inspection) {
    return misplaced.flatMap((name) => {
      const output = result?.outputs[name];
      const isNeeded = result?.pulled === undefined || this.#wants.has(node, name);
      return output !== undefined && isNeeded ? [{ name, output }] : [];
    });
  }

  /** What a node that runs reads of nodes whose outputs were left where they are. */
  #findInputs(node: GraphNode): (() => Promise<void>) | 'upstream' | null {
    const lacks = this.#listLacks(node);
    if (lacks.length === 0) return null;
    const isNew = lacks.map(({ maker }) => this.#isNew(`${maker.id} for ${node.id}`));
    if (isNew.some(Boolean)) {
      return async () => {
        await Promise.all(lacks.map((lack) => this.#bringOnce(lack)));
      };
    }
    for (const { maker } of lacks) this.#makeAgain(maker, node);
    return 'upstream';
  }

  #listLacks(node: GraphNode): Lack[] {
    const { leftOut } = this.#state;
    if (leftOut.size === 0) return [];
    const read = new Map<NodeId, Set<string>>();
    for (const source of node.inputs.flatMap(({ sources }) => sources)) {
      if (source.kind !== 'output') continue;
      read.set(source.node, (read.get(source.node) ?? new Set()).add(source.output));
    }
    return node.upstream.flatMap((id) => {
      const maker = this.#run.graph.nodes.get(id);
      // Of what it only needs to be done it may read anything.
      const names = (leftOut.get(id) ?? []).filter((name) => read.get(id)?.has(name) ?? true);
      return maker === undefined || names.length === 0 ? [] : [{ maker, names }];
    });
  }

  /** Several nodes may lack the same. */
  #bringOnce(lack: Lack): Promise<void> {
    const key = `${lack.maker.id} ${lack.names.join(' ')}`;
    const bringing = this.#bringing.get(key) ?? this.#bring(lack);
    this.#bringing.set(key, bringing);
    return bringing;
  }

  /** Fetches what is lacking and puts it in its place; it is still lacking where that cannot be had. */
  async #bring({ maker, names }: Lack): Promise<void> {
    const { remote, outputs: places } = this.#run.services;
    const { known, leftOut } = this.#state;
    const outputs = known.get(maker.id)?.outputs;
    if (outputs === undefined) return;
    const wanted = names.flatMap((name) => outputs[name] ?? []);
    const missing = wanted.filter((output) => !this.#isHere(output));
    const isHere = missing.length === 0 || (await remote?.fetch(missing, null)) === true;
    if (!isHere) return;
    const brought = await places.restore(maker, outputs, names);
    // Any other failure is told by who claims them.
    if (!brought.ok && brought.failure.kind === 'not-in-cache') return;
    const rest = (leftOut.get(maker.id) ?? []).filter((name) => !names.includes(name));
    if (rest.length === 0) leftOut.delete(maker.id);
    else leftOut.set(maker.id, rest);
  }

  #makeAgain(maker: GraphNode, reader: GraphNode): void {
    const { schedule, outcomes } = this.#state;
    // Another reader may have asked for it.
    if (!schedule.isOpen(maker)) {
      this.#wants.add(maker);
      outcomes.retract(maker);
    }
    schedule.redo(maker, reader);
  }

  #isHere(output: ResultOutput): boolean {
    return this.#run.services.outputs.isCached(output);
  }

  /** Whether something is asked for the first time. */
  #isNew(what: string): boolean {
    if (this.#asked.has(what)) return false;
    this.#asked.add(what);
    return true;
  }

  get #wants(): WantedOutputs {
    this.#wanted ??= new WantedOutputs(this.#run);
    return this.#wanted;
  }
}
