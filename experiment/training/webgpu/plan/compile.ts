/** Makes a model a list of passes: a training step, or an evaluation. */

import { cancelledBiases } from '../../../models/cancelled-biases.ts';
import { INPUT, layerName, type Model } from '../../../models/model.ts';
import { trainedValues } from '../../../models/trained-values.ts';
import type { SgdOptions } from '../../engine.ts';
import { gatherPass, type ImageSource } from '../kernels/gather.ts';
import { lossPass } from '../kernels/loss.ts';
import type { KernelSetting } from '../kernels/multiply.ts';
import type { Parts, Pass } from '../pass.ts';
import type { Store, View } from '../tensors.ts';
import { type Analysis, analyse, type Node, viewOf } from './analyse.ts';
import { Gradients } from './gradients.ts';
import { lowerNode } from './lower-node.ts';
import type { NodePasses } from './lowering.ts';
import { layOutState, type StateStores } from './state-layout.ts';

/** A model that is ready to be compiled: what a training and an evaluation share. */
export interface Prepared {
  readonly model: Model;
  readonly analysis: Analysis;
  readonly state: StateStores;
}

/** Where a plan's samples come from and its results go. */
export interface Sources {
  readonly images: ImageSource;
  readonly labels: Store;
  readonly order?: Store | undefined;
  readonly results: Store;
}

/** A list of passes, and what can be read after them. */
export interface GpuPlan {
  readonly passes: readonly Pass[];
  readonly logits: View;
  /** Of each layer with a value of its own, in order. */
  readonly outputs: readonly { readonly layer: string; readonly view: View }[];
}

/**
 * Finds what a model's kernels are and where its state lies.
 *
 * @throws RangeError where it has a combination of layers that has no kernel
 */
export function prepareModel(model: Model): Prepared {
  const analysis = analyse(model);
  return { model, analysis, state: layOutState(model, analysis) };
}

/** A training step on one batch. */
export function planTraining(
  prepared: Prepared,
  sources: Sources,
  options: KernelSetting & { readonly sgd: SgdOptions },
): GpuPlan {
  const { model, analysis } = prepared;
  const { forward, lowered } = compileForward(prepared, sources, options, 'training');
  const back: Pass[] = [];
  const gradients = new Gradients(analysis, back);
  const logits = logitsOf(prepared);
  const last = analysis.resolve(model.layers.at(-1)?.output ?? INPUT);
  const { out } = gradients.output(last);
  const loss = lossPass({ ...sources, logits, parts: takeParts(forward), gradient: out });
  const trained = trainedValues(model.layers);
  for (const { node, passes } of [...lowered].reverse()) {
    if (!trained.has(node.value)) continue;
    passes.backward({ gradients, passes: back, trained, sgd: options.sgd });
  }
  return { passes: [...forward, loss, ...back], logits, outputs: outputsOf(analysis) };
}

/** An evaluation of one batch. */
export function planEvaluation(
  prepared: Prepared,
  sources: Sources,
  setting: KernelSetting,
): GpuPlan {
  const { forward } = compileForward(prepared, sources, setting, 'evaluation');
  const logits = logitsOf(prepared);
  const loss = lossPass({ ...sources, logits, parts: takeParts(forward), gradient: null });
  return { passes: [...forward, loss], logits, outputs: outputsOf(prepared.analysis) };
}

/** Where the last pass only adds up the logits, takes it off: the loss does that too. */
function takeParts(forward: Pass[]): Parts | undefined {
  const parts = forward.at(-1)?.parts;
  if (parts !== undefined) forward.pop();
  return parts;
}

function logitsOf({ model, analysis }: Prepared): View {
  return viewOf(analysis, analysis.resolve(model.layers.at(-1)?.output ?? INPUT));
}

function outputsOf({ nodes, values }: Analysis): GpuPlan['outputs'] {
  return nodes.flatMap(({ placed, value }) => {
    const found = values.get(value);
    return found === undefined ? [] : [{ layer: layerName(placed), view: found.view }];
  });
}

function compileForward(
  { model, analysis, state }: Prepared,
  { images }: Sources,
  setting: KernelSetting,
  mode: 'training' | 'evaluation',
): { forward: Pass[]; lowered: { node: Node; passes: NodePasses }[] } {
  const [channels = 1, height = 1, width = 1] = model.inputShape;
  const input = viewOf(analysis, { value: INPUT, flat: false });
  const forward = [gatherPass(images, [channels, height, width], input)];
  const biasesThatStay = cancelledBiases(model);
  const context = { analysis, state, setting, mode, biasesThatStay };
  const lowered = analysis.nodes.map((node) => {
    const passes = lowerNode(node, context);
    forward.push(...passes.forward);
    return { node, passes };
  });
  return { forward, lowered };
}
