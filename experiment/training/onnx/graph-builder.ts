/** Builds an ONNX graph node by node; values are known by their names. */

import { createHash } from 'node:crypto';
import type {
  ElementType,
  OnnxAttribute,
  OnnxConstant,
  OnnxGraph,
  OnnxNode,
  OnnxValue,
} from './model-proto.ts';

/** A constant with more values than this is named by their digest. */
const LONGEST_NAME = 64;

export class GraphBuilder {
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #constants = new Map<string, OnnxConstant>();
  readonly #nodes: OnnxNode[] = [];
  readonly #renamed = new Map<string, string>();
  /** By value and shape, what {@link reshape} made of it; by what it made, the value. */
  readonly #reshaped = new Map<string, string>();
  readonly #sources = new Map<string, string>();

  /** Declares an input that every run feeds. Returns its name. */
  input(name: string, type: ElementType, shape: readonly number[]): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** A float32 constant of this shape; equal ones are stored once. Returns its name. */
  floats(values: ArrayLike<number>, shape: readonly number[]): string {
    return this.#constant('float32', shape, Float32Array.from(values));
  }

  /** A vector of int32. Returns its name. */
  int32s(values: readonly number[]): string {
    return this.#constant('int32', [values.length], Int32Array.from(values));
  }

  /** A vector of int64, as shapes and axes are given. Returns its name. */
  int64s(values: readonly number[]): string {
    return this.#constant('int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  /**
   * Appends an operator with one output; `domain` defines it, '' being ONNX's own. An optional input
   * that is left out is ''. Returns the output's name.
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = '',
  ): string {
    const output = `${operator}_${this.#nodes.length}`;
    this.#nodes.push({ operator, domain, inputs, outputs: [output], attributes });
    return output;
  }

  /** Appends an operator with so many outputs. Returns their names. */
  nodes(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = '',
  ): readonly string[] {
    const prefix = `${operator}_${this.#nodes.length}`;
    const outputs = Array.from({ length: count }, (_, index) => `${prefix}.${index}`);
    this.#nodes.push({ operator, domain, inputs, outputs, attributes });
    return outputs;
  }

  /**
   * The same memory under another shape, of which one size may be -1. Of a value that has been
   * reshaped the first memory is taken, and what has been made is given again: each Reshape costs
   * microseconds. Returns the output's name.
   */
  reshape(value: string, shape: readonly number[]): string {
    const source = this.#sources.get(value) ?? value;
    const key = `${source} ${shape.join()}`;
    const known = this.#reshaped.get(key);
    if (known !== undefined) return known;
    const made = this.node('Reshape', [source, this.int64s(shape)]);
    this.#reshaped.set(key, made);
    this.#sources.set(made, source);
    return made;
  }

  /** Declares that every run gives, under `name`, the value that a node calls `from`. */
  output(name: string, type: ElementType, shape: readonly number[], from: string): void {
    this.#outputs.push({ name, type, shape });
    this.#renamed.set(from, name);
  }

  /** The finished graph. */
  build(name: string): OnnxGraph {
    const rename = (value: string): string => this.#renamed.get(value) ?? value;
    return {
      name,
      inputs: this.#inputs,
      outputs: this.#outputs,
      constants: [...this.#constants.values()],
      nodes: this.#nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename),
      })),
    };
  }

  #constant(
    type: ElementType,
    shape: readonly number[],
    values: Float32Array | Int32Array | BigInt64Array,
  ): string {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const content =
      values.length > LONGEST_NAME
        ? createHash('sha256').update(bytes).digest('hex')
        : values.join();
    const name = `${type}[${shape.join()}](${content})`;
    if (!this.#constants.has(name)) {
      this.#constants.set(name, { name, type, shape, bytes });
    }
    return name;
  }
}
