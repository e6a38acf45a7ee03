/** Colours, and whether there are any. */

import { styleText } from 'node:util';

/** The few styles that reporters use, each a function from text to text. */
export interface Palette {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly accent: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
}

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Format = Parameters<typeof styleText>[0];

/**
 * Whether to colour: FORCE_COLOR decides where it is set (`0` and `false` mean no), then a
 * non-empty NO_COLOR (no-color.org) forbids it, then a terminal that is not `dumb` allows it.
 */
export function wantsColour(env: Environment, isTerminal: boolean): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return isTerminal && env['TERM'] !== 'dumb';
}

/** The styles as escape sequences, or as functions that change nothing. */
export function openPalette(colour: boolean): Palette {
  const paint = (format: Format) => (text: string) =>
    // Newer Node asks process.stdout whether to style; here that is decided already.
    colour && text !== '' ? styleText(format, text, { validateStream: false }) : text;
  return {
    good: paint('green'),
    bad: paint('red'),
    warn: paint('yellow'),
    accent: paint('cyan'),
    faint: paint('dim'),
    strong: paint('bold'),
  };
}
