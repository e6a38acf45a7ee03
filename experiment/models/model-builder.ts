/**
 * Puts layers together to a model. A chain reads as one call; branches are values that a `join`
 * brings together:
 *
 *     const model = new ModelBuilder('Example', [3, 28, 28]);
 *     const stem = model.chain(model.input, conv('conv1', 16, { kernel: 3 }), RELU);
 *     const branch = model.chain(stem, conv('conv2', 16, { kernel: 3, padding: 1 }));
 *     const sum = model.join(ADD, stem, branch);
 *     return model.build(model.chain(sum, GLOBAL_AVERAGE_POOL, dense('dense', 10)));
 */

import { flopsOf } from './flops.ts';
import type { ChainedLayer, JoiningLayer, Layer } from './layers.ts';
import { INPUT, type Model, type PlacedLayer } from './model.ts';
import { parametersOf, statisticsOf } from './parameters.ts';
import { countValues, outputShape, type Shape } from './shapes.ts';

/** The output of a layer, or the model's input: what further layers can read. */
export interface LayerOutput {
  readonly name: string;
  readonly shape: Shape;
}

export class ModelBuilder {
  readonly #name: string;
  readonly #layers: PlacedLayer[] = [];
  /** The images. */
  readonly input: LayerOutput;

  constructor(name: string, inputShape: Shape) {
    this.#name = name;
    this.input = { name: INPUT, shape: inputShape };
  }

  /**
   * Appends layers that each read the one before, the first of them `from`. Returns the last one's
   * output. Throws a RangeError where a layer does not take its input.
   */
  chain(from: LayerOutput, ...layers: readonly ChainedLayer[]): LayerOutput {
    return layers.reduce((value, layer) => this.#place(layer, [value]), from);
  }

  /** Appends a layer that reads several values. Throws a RangeError where it does not take them. */
  join(layer: JoiningLayer, ...values: readonly LayerOutput[]): LayerOutput {
    return this.#place(layer, values);
  }

  /**
   * The finished model, whose logits are the last value. Throws a RangeError where two parameters
   * share a name, where the last value is not a vector of logits, or where nothing reads another.
   */
  build(logits: LayerOutput): Model {
    const layers = this.#layers;
    const parameters = layers.flatMap((layer) => layer.parameters);
    const statistics = layers.flatMap((layer) => layer.statistics);
    const names = new Set(parameters.map((parameter) => parameter.name));
    if (names.size !== parameters.length) {
      throw new RangeError(`model ${this.#name} has two parameters of one name`);
    }
    const { shape } = logits;
    const [classCount] = shape;
    if (shape.length !== 1 || classCount === undefined) {
      throw new RangeError(
        `model ${this.#name} ends in the shape [${shape.join(', ')}], not in logits`,
      );
    }
    const read = new Set(layers.flatMap(({ inputs }) => inputs));
    const unread = layers.find(({ output }) => output !== logits.name && !read.has(output));
    if (unread !== undefined) {
      throw new RangeError(
        `model ${this.#name} has an output that nothing reads: ${unread.output}`,
      );
    }
    const parameterCount = parameters.reduce((sum, { shape: of }) => sum + countValues(of), 0);
    return {
      name: this.#name,
      inputShape: this.input.shape,
      layers,
      parameters,
      statistics,
      parameterCount,
      classCount,
    };
  }

  #place(layer: Layer, values: readonly LayerOutput[]): LayerOutput {
    const name = `${this.#layers.length}.${layer.kind}`;
    const inputShapes = values.map(({ shape }) => shape);
    const shape = outputShape(layer, inputShapes);
    const [input = []] = inputShapes;
    this.#layers.push({
      layer,
      output: name,
      inputs: values.map((value) => value.name),
      inputShapes,
      shape,
      parameters: parametersOf(layer, input),
      statistics: statisticsOf(layer, input),
      flops: flopsOf(layer, inputShapes, shape),
    });
    return { name, shape };
  }
}

/** A model whose layers each read the one before. Throws as {@link ModelBuilder} does. */
export function chainModel(
  name: string,
  inputShape: Shape,
  layers: readonly ChainedLayer[],
): Model {
  const model = new ModelBuilder(name, inputShape);
  return model.build(model.chain(model.input, ...layers));
}
