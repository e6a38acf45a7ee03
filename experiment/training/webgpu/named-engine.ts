/** Which GPU has computed, for the records: in what a stage says, and in the summary that is kept with its result. */

import type { StageContext } from 'rederive/contract';
import type { CreateEngine } from '../engine.ts';
import { say } from '../progress.ts';
import { createWebgpuEngine } from './create.ts';
import { openDevice } from './device.ts';
import { followTiles, TILES_FACT } from './tiles-fact.ts';
import { TILES_FILE } from './tuning/kept-tiles.ts';

/** A stage with the engine `webgpu`, which names the GPU. */
export interface NamedEngine {
  readonly context: StageContext;
  readonly create: CreateEngine;
}

/** On a cluster a stage may run on another computer than the one that was asked. */
function warnOfAnother({ machine, emit }: StageContext, adapter: string): void {
  const asked = machine?.['adapter'];
  if (asked === undefined || asked === adapter) return;
  say(
    emit,
    `Its result is filed under another adapter, that of \`pipeline run\`: ${asked}`,
    'warning',
  );
}

/** Has the summary of a stage name the adapter, its driver and what it is driven by, once an engine is open on it. */
export function nameAdapter(context: StageContext): NamedEngine {
  let adapter: string | undefined;
  const create: CreateEngine = async (settings, options) => {
    const tell = (line: string) => say(context.emit, line);
    const { machine = {} } = context;
    const cut = followTiles(machine[TILES_FACT]);
    const own = cut === undefined ? { tell } : { tell, cut };
    const engine = await createWebgpuEngine(settings, { ...options, ...own });
    const { name, doubt } = await openDevice();
    adapter = name;
    say(context.emit, `Computes on ${adapter}`);
    if (doubt !== null) say(context.emit, doubt, 'warning');
    if (cut !== undefined) tell(`Cuts products up as ${TILES_FILE} says`);
    warnOfAnother(context, name);
    return engine;
  };
  const emit: StageContext['emit'] = (event) => {
    if (event.type !== 'summary' || adapter === undefined) return context.emit(event);
    context.emit({ ...event, values: { ...event.values, adapter } });
  };
  // Not by a copy, which would ask for all that is loaded when it is first used.
  const named: StageContext = Object.create(context, { emit: { value: emit, enumerable: true } });
  return { context: named, create };
}
