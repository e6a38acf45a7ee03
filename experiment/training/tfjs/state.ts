/** The state of a training, in tensors of TensorFlow.js. */

import type { Tensor } from '@tensorflow/tfjs-core';
import type { Model } from '../../models/model.ts';
import type { Shape } from '../../models/shapes.ts';
import type { SgdOptions, TrainingState } from '../engine.ts';
import { valuesFor } from '../values-for.ts';
import type { LoadedPackage, TensorFlow } from './load.ts';
import { type Trainable, trainables } from './trainable.ts';

/** PyTorch's filters are [outputs, inputs, rows, columns], TensorFlow's have the outputs last. */
const TO_TENSORFLOW = [2, 3, 1, 0];
const TO_PYTORCH = [3, 2, 0, 1];

/** Parameters with their velocities, and running statistics, by name. */
export class State {
  readonly #tf: TensorFlow;
  readonly #model: Model;
  readonly #trainables: ReadonlyMap<string, Trainable>;
  readonly #statistics = new Map<string, Tensor>();

  /** A state of zeros. */
  constructor(loaded: LoadedPackage, model: Model, sgd: SgdOptions) {
    const { tf } = loaded;
    const make = trainables(loaded, sgd);
    this.#tf = tf;
    this.#model = model;
    this.#trainables = new Map(
      model.parameters.map(({ name, shape }) => [name, make(turn(shape, TO_TENSORFLOW))]),
    );
    for (const { name, shape } of model.statistics) {
      this.#statistics.set(name, tf.keep(tf.zeros([...shape])));
    }
  }

  /** All parameters as they are now, in tensors that the caller disposes of. */
  readParameters(): ReadonlyMap<string, Tensor> {
    return new Map([...this.#trainables].map(([name, trainable]) => [name, trainable.read()]));
  }

  /** A running statistic; the tensor stays this state's. Undefined where there is none of the name. */
  statistic(name: string): Tensor | undefined {
    return this.#statistics.get(name);
  }

  /** Takes over the running statistics after a batch. */
  moveStatistics(next: Iterable<readonly [name: string, value: Tensor]>): void {
    for (const [name, value] of next) {
      this.#statistics.get(name)?.dispose();
      this.#statistics.set(name, this.#tf.keep(value));
    }
  }

  /**
   * Makes one step of every parameter along its gradient.
   *
   * @throws Error where one has no gradient
   */
  step(gradients: ReadonlyMap<string, Tensor>, learningRate: Tensor): void {
    for (const [name, trainable] of this.#trainables) {
      const gradient = gradients.get(name);
      if (gradient === undefined) throw new Error(`${name} has no gradient`);
      trainable.step(gradient, learningRate);
    }
  }

  /** A copy, in PyTorch's order. */
  export(): TrainingState {
    const weights = new Map<string, Float32Array>();
    const velocities = new Map<string, Float32Array>();
    const statistics = new Map<string, Float32Array>();
    for (const [name, trainable] of this.#trainables) {
      weights.set(
        name,
        this.#copy(() => trainable.read()),
      );
      velocities.set(
        name,
        this.#copy(() => trainable.readVelocity()),
      );
    }
    for (const [name, value] of this.#statistics) {
      statistics.set(
        name,
        this.#copy(() => value.clone()),
      );
    }
    return { weights, velocities, statistics };
  }

  /** Replaces the state by a copy of this one. Throws a RangeError where it does not fit. */
  import(state: TrainingState): void {
    const tf = this.#tf;
    const { parameters, statistics } = this.#model;
    // All are looked up before the first is replaced.
    const found = parameters.map((parameter) => ({
      ...parameter,
      weight: valuesFor(state.weights, parameter),
      velocity: valuesFor(state.velocities, parameter),
    }));
    const kept = statistics.map((statistic) => ({
      ...statistic,
      value: valuesFor(state.statistics, statistic),
    }));
    tf.tidy(() => {
      for (const { name, shape, weight, velocity } of found) {
        const [w, v] = [this.#tensor(weight, shape), this.#tensor(velocity, shape)];
        this.#trainables.get(name)?.assign(w, v);
      }
      this.moveStatistics(kept.map(({ name, shape, value }) => [name, this.#tensor(value, shape)]));
    });
  }

  /** Gives the tensors back, after which it holds nothing. */
  dispose(): void {
    for (const trainable of this.#trainables.values()) trainable.dispose();
    for (const value of this.#statistics.values()) value.dispose();
    this.#statistics.clear();
  }

  /** Values in PyTorch's order as a tensor in TensorFlow's. */
  #tensor(values: Float32Array, shape: Shape): Tensor {
    // The tensor computes on the memory that it is made of.
    const tensor = this.#tf.tensor(values.slice(), [...shape]);
    return shape.length === 4 ? this.#tf.transpose(tensor, TO_TENSORFLOW) : tensor;
  }

  #copy(read: () => Tensor): Float32Array {
    const tf = this.#tf;
    const ordered = tf.tidy(() => {
      const tensor = read();
      return tensor.rank === 4 ? tf.transpose(tensor, TO_PYTORCH) : tensor;
    });
    const values = Float32Array.from(ordered.dataSync());
    ordered.dispose();
    return values;
  }
}

/** A shape with its axes in this order, where it is one of filters. */
function turn(shape: Shape, order: readonly number[]): number[] {
  return shape.length === 4 ? order.map((axis) => shape[axis] as number) : [...shape];
}
