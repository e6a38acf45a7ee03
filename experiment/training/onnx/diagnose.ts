/** Finds where numbers stop being finite: for the message about a training that diverged. */

import { layerName, type Model } from '../../models/model.ts';
import type { Batch, TrainingState } from '../engine.ts';
import { imagesOf } from './compile.ts';
import { GraphBuilder } from './graph-builder.ts';
import { lookUp } from './layout.ts';
import type { OnnxGraph } from './model-proto.ts';
import { lowerPlainForward } from './plain/plain-layout.ts';
import type { Runtime, Tensor } from './runtime.ts';

/**
 * The first layer of which some output is not finite, run forward on this batch as training does;
 * null where all are finite. It uses the plain layout, whatever the training's.
 */
export async function findNonFiniteLayer(
  runtime: Runtime,
  model: Model,
  { weights, statistics }: TrainingState,
  { images, labels }: Batch,
): Promise<string | null> {
  const batchSize = labels.length;
  const session = await runtime.openSession(compileDiagnosis(model, batchSize));
  const feeds: Record<string, Tensor> = {
    [imagesOf(0)]: runtime.tensor(images, [batchSize, ...model.inputShape]),
  };
  for (const { name, shape } of [...model.parameters, ...model.statistics]) {
    const values = weights.get(name) ?? statistics.get(name);
    if (values !== undefined) feeds[name] = runtime.tensor(values, shape);
  }
  const sums = await session.run(feeds);
  const failed = model.layers.find(({ output }) => Number.isNaN(Number(sums[output]?.data[0])));
  return failed === undefined ? null : layerName(failed);
}

/** For every layer the sum of its output times zero: zero, or NaN where it is not finite. */
function compileDiagnosis(model: Model, batchSize: number): OnnxGraph {
  const graph = new GraphBuilder();
  const declare = (tensors: Model['parameters'] | Model['statistics']) =>
    new Map(tensors.map(({ name, shape }) => [name, graph.input(name, 'float32', shape)]));
  const { activations } = lowerPlainForward(graph, model, {
    mode: 'training',
    batchSize,
    images: graph.input(imagesOf(0), 'float32', [batchSize, ...model.inputShape]),
    weights: declare(model.parameters),
    statistics: declare(model.statistics),
  });
  for (const { output } of model.layers) {
    const zeros = graph.node('Mul', [lookUp(activations, output), graph.floats([0], [])]);
    const sum = graph.node('ReduceSum', [zeros], { keepdims: { int: 0 } });
    graph.output(output, 'float32', [], sum);
  }
  return graph.build(`${model.name} diagnosis`);
}
