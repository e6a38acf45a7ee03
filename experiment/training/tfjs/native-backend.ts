/** TensorFlow itself, as the native packages offer it: any of its operators by name. */

import type { Tensor } from '@tensorflow/tfjs-core';

/** An attribute of an operator; `type` is one of the binding's constants. */
export interface OperatorAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean | string | readonly number[];
}

/** Numbers by which the binding knows types. */
interface Binding {
  readonly TF_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_TYPE: number;
}

/** The backend of `@tensorflow/tfjs-node` and `-gpu`, as far as it is used here. */
export interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: Binding;
  executeMultipleOutputs(
    operator: string,
    attributes: readonly OperatorAttribute[],
    inputs: readonly Tensor[],
    outputCount: number,
  ): Tensor[];
}

/** The backend, where it is a native one; else null. */
export function asNative(backend: object): NativeBackend | null {
  return 'executeMultipleOutputs' in backend ? (backend as NativeBackend) : null;
}

/**
 * Runs an operator with one output.
 *
 * @throws Error where the operator gives none
 */
export function execute(
  backend: NativeBackend,
  operator: string,
  attributes: readonly OperatorAttribute[],
  inputs: readonly Tensor[],
): Tensor {
  const [output] = backend.executeMultipleOutputs(operator, attributes, inputs, 1);
  if (output === undefined) throw new Error(`${operator} has no output`);
  return output;
}

/** The attribute that says an operator's numbers are float32. */
export function floatType({ binding }: NativeBackend, name = 'T'): OperatorAttribute {
  return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
}
