/** What a node takes of the machine, where that depends on its axes and on parameters. */

import type { StageResources } from '../pipeline-file/types.ts';
import { meets } from './conditions.ts';
import type { GraphNode } from './types.ts';

/** What a node takes: what its stage says, with the memory of the first case that applies to it. */
export function resourcesOf({
  stage,
  variables,
}: Pick<GraphNode, 'stage' | 'variables'>): StageResources {
  if (stage.memoryCases.length === 0) return stage.resources;
  const found = stage.memoryCases.find(({ when }) => meets(when, variables));
  return { ...stage.resources, memoryBytes: found?.bytes ?? 0 };
}

/** How many GPUs a node sees: a part of one is of one. */
export function countGpus({ gpus }: Pick<StageResources, 'gpus'>): number {
  return Math.ceil(gpus);
}

/** What is asked of GPUs, for a sentence: `2 GPUs`, `0.5 of a GPU`. */
export function nameGpus(amount: number): string {
  if (amount > 0 && amount < 1) return `${amount} of a GPU`;
  return `${amount} GPU${amount === 1 ? '' : 's'}`;
}
