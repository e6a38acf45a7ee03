/** Builds an ONNX graph node by node; values are known by their names. */

import type {
  ElementType,
  OnnxAttribute,
  OnnxConstant,
  OnnxGraph,
  OnnxNode,
  OnnxValue,
} from './model-proto.ts';

export class GraphBuilder {
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #constants = new Map<string, OnnxConstant>();
  readonly #nodes: OnnxNode[] = [];
  readonly #renamed = new Map<string, string>();

  /** Declares an input that every run feeds. Returns its name. */
  input(name: string, type: ElementType, shape: readonly number[]): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** A float32 constant of this shape; equal ones are stored once. Returns its name. */
  floats(values: readonly number[], shape: readonly number[]): string {
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

  /** Appends an operator with one output. Returns the output's name. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    const output = `${operator}_${this.#nodes.length}`;
    this.#nodes.push({ operator, inputs, outputs: [output], attributes });
    return output;
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
    const name = `${type}[${shape.join()}](${values.join()})`;
    if (!this.#constants.has(name)) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      this.#constants.set(name, { name, type, shape, bytes });
    }
    return name;
  }
}
