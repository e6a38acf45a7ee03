/** The textures that fill shapes and backgrounds. */

import type { RandomStream } from '../../../experiment/data/random.ts';

/** How much of the second of two colours shows at (x, y), 0 to 1; the unit of length is arbitrary. */
export type Texture = (x: number, y: number) => number;

export const TEXTURE_KINDS = ['stripes', 'dots', 'checks', 'waves', 'blotches', 'plain'] as const;
export type TextureKind = (typeof TEXTURE_KINDS)[number];

const TURN = 2 * Math.PI;

/** A texture of this kind with a random direction and phase; `period` is its wavelength. */
export function drawTexture(kind: TextureKind, period: number, random: RandomStream): Texture {
  const angle = random.uniform() * TURN;
  const [cos, sin] = [Math.cos(angle) * (TURN / period), Math.sin(angle) * (TURN / period)];
  const [phaseA, phaseB] = [random.uniform() * TURN, random.uniform() * TURN];
  const pattern = kind === 'blotches' ? drawBlotches(random) : PATTERNS[kind];
  return (x, y) => pattern(x * cos + y * sin + phaseA, y * cos - x * sin + phaseB);
}

/** Patterns of wavelength 2π in both directions. */
const PATTERNS: Readonly<Record<Exclude<TextureKind, 'blotches'>, Texture>> = {
  stripes: (a) => sharpen(Math.sin(a)),
  dots: (a, b) => sharpen(Math.cos(a) + Math.cos(b) - 0.5),
  checks: (a, b) => sharpen(2 * Math.sin(a * 0.8) * Math.sin(b * 0.8)),
  waves: (a, b) => sharpen(Math.sin(a + 1.6 * Math.sin(b * 0.7))),
  plain: (a) => 0.1 + 0.1 * Math.sin(a * 0.2),
};

/** A sum of waves in random directions. */
function drawBlotches(random: RandomStream): Texture {
  const waves = Array.from({ length: 4 }, () => {
    const angle = random.uniform() * TURN;
    const frequency = 0.5 + 0.5 * random.uniform();
    const phase = random.uniform() * TURN;
    return { x: Math.cos(angle) * frequency, y: Math.sin(angle) * frequency, phase };
  });
  return (a, b) =>
    sharpen(0.7 * waves.reduce((sum, { x, y, phase }) => sum + Math.sin(a * x + b * y + phase), 0));
}

/** From −1 … 1 to 0 … 1, with soft edges. */
function sharpen(value: number): number {
  return Math.max(0, Math.min(1, 0.5 + value));
}
