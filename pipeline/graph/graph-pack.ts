/** The columns of the memo of a graph, of which only what is asked for is parsed. */

import type { StageAction } from '../pipeline-file/types.ts';
import { integersOf, textOf } from '../system/columns.ts';
import {
  ACTION_KINDS,
  FINDS_INPUTS,
  LINE,
  MAY_RUN_CODE,
  type PackedHead,
  type PackedNode,
  type PackedStage,
} from './pack-graph.ts';
import type { NodeId } from './types.ts';

/** The columns of a graph, whose lines are parsed when they are first asked for. */
export class GraphPack {
  readonly head: PackedHead;
  readonly ids: readonly NodeId[];
  readonly #columns: readonly Uint8Array[];
  readonly #stageOf: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #upstream: Uint32Array;
  readonly #kinds: Uint8Array;
  readonly #runners: Uint8Array;
  readonly #stages: PackedStage[] = [];
  #stageLines: readonly string[] | undefined;
  #nodeLines: readonly string[] | undefined;

  constructor(columns: readonly Uint8Array[]) {
    this.#columns = columns;
    this.head = JSON.parse(this.#textAt(0)) as PackedHead;
    this.ids = JSON.parse(this.#textAt(3)) as NodeId[];
    this.#stageOf = integersOf(this.#bytesAt(4));
    this.#starts = integersOf(this.#bytesAt(5));
    this.#upstream = integersOf(this.#bytesAt(6));
    this.#kinds = this.#bytesAt(7);
    this.#runners = this.#bytesAt(9);
  }

  /** What the nodes of the stage of a node share. */
  stageOf(place: number): PackedStage {
    const at = this.#stageOf[place] ?? 0;
    this.#stageLines ??= this.#textAt(1).split(LINE);
    const stage = this.#stages[at] ?? (JSON.parse(this.#stageLines[at] ?? '') as PackedStage);
    this.#stages[at] = stage;
    return stage;
  }

  /** What the stage of a node runs, without a look at its line. */
  kindOf(place: number): StageAction['kind'] {
    return ACTION_KINDS[this.#kinds[this.#stageOf[place] ?? 0] ?? 0] ?? 'command';
  }

  /** Whether a node may run code of the workspace by a command, without a look at its line. */
  mayRunCode(place: number): boolean {
    return this.#has(MAY_RUN_CODE, place);
  }

  /** Whether what a node is seen to read counts, without a look at its line. */
  findsInputs(place: number): boolean {
    return this.#has(FINDS_INPUTS, place);
  }

  nodeAt(place: number): PackedNode {
    this.#nodeLines ??= this.#textAt(2).split(LINE);
    return JSON.parse(this.#nodeLines[place] ?? '') as PackedNode;
  }

  /** The places of what stands upstream of a node. */
  upstreamOf(place: number): Uint32Array {
    return this.#upstream.subarray(this.#starts[place], this.#starts[place + 1]);
  }

  /** The paths that nodes read and no stage makes. */
  listFileInputs(): string[] {
    return JSON.parse(this.#textAt(8)) as string[];
  }

  /** Whether nothing stands upstream of a node. */
  isSource(place: number): boolean {
    return this.#starts[place] === this.#starts[place + 1];
  }

  #has(bit: number, place: number): boolean {
    return ((this.#runners[this.#stageOf[place] ?? 0] ?? 0) & bit) !== 0;
  }

  #bytesAt(column: number): Uint8Array {
    return this.#columns[column] ?? new Uint8Array();
  }

  #textAt(column: number): string {
    return textOf(this.#bytesAt(column));
  }
}
