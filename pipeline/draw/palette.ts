/** How the states of nodes look, in every format. */

import type { ForecastState } from '../forecast/forecast.ts';

/** How a state is drawn, in every format. Text in a box is dark on light, whatever is behind it. */
export interface StateStyle {
  readonly name: ForecastState;
  /** Its name in legends and boxes. */
  readonly label: string;
  readonly fill: string;
  readonly stroke: string;
  readonly text: string;
  /** The border is dashed: nothing is decided yet. */
  readonly dashed: boolean;
}

/** All states, the most urgent first: a stage is drawn in that of its most urgent cell. */
export const STATES: readonly StateStyle[] = [
  style('unreadable', 'inputs cannot be read', '#f9d3d3', '#b3261e', '#4a0f0b'),
  style('run', 'will run', '#fde0c2', '#b85f0c', '#4a2805'),
  style('running-elsewhere', 'running elsewhere', '#eadcf8', '#7d4bb0', '#35184f'),
  { ...style('depends-on-upstream', 'may run', '#fbf2c4', '#8f790d', '#413705'), dashed: true },
  style('cached', 'to be put back from the cache', '#d6e8fb', '#2f6fb3', '#0f2f52'),
  style('up-to-date', 'up to date', '#d7f0dd', '#2f8f4e', '#123d20'),
];

/** Arrows and free text: read well on white and on black. */
export const NEUTRAL = '#767676';

/**
 * The style of a state.
 *
 * @throws Error for a state without a style
 */
export function styleOf(state: ForecastState): StateStyle {
  const found = STATES.find(({ name }) => name === state);
  if (found === undefined) throw new Error(`no style for the state ${state}`);
  return found;
}

function style(
  name: ForecastState,
  label: string,
  fill: string,
  stroke: string,
  text: string,
): StateStyle {
  return { name, label, fill, stroke, text, dashed: false };
}
