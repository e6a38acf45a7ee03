/** Colours of a figure that is drawn for white paper, as a dark page shows them. */

import type { SpecPart } from './spec-parts.ts';

/** Keys of a spec below which there is data, whose texts are no colours. */
const DATA = new Set(['data', 'datasets', 'values', 'domain', 'usermeta']);
const HEX = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;
/** Below this chroma a colour is a grey. */
const LEAST_CHROMA = 0.03;

type Triple = readonly [number, number, number];

/** A spec with its colours for a dark page: greys change places with each other, colours become lighter. */
export function darkenSpec(spec: SpecPart): SpecPart {
  const darkened = darkenPart(spec) as SpecPart;
  const config = darkened['config'] as SpecPart | undefined;
  // Texts without a colour are black.
  const text = { color: darkenColor('black'), ...(config?.['text'] as SpecPart | undefined) };
  return { ...darkened, config: { ...config, text } };
}

function darkenPart(part: unknown): unknown {
  if (typeof part === 'string') return darkenColor(part);
  if (Array.isArray(part)) return part.map(darkenPart);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, DATA.has(key) ? value : darkenPart(value)]),
  );
}

/** A colour for a dark page; a text that is no `white`, `black` or `#rrggbb` as it is. */
export function darkenColor(text: string): string {
  const hex = text === 'white' ? '#ffffff' : text === 'black' ? '#000000' : text;
  if (!HEX.test(hex)) return text;
  const [lightness, a, b] = toOklab(hex);
  const isGrey = Math.hypot(a, b) < LEAST_CHROMA;
  // White becomes the page's card; black, white on it.
  return fromOklab([isGrey ? 0.25 + 0.9 * (1 - lightness) : 0.45 + 0.5 * lightness, a, b]);
}

/** Lightness 0 to 1, and two axes of colour, in which equal distances look alike (Ottosson, 2020). */
function toOklab(hex: string): Triple {
  const digits = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, '$&$&') : hex;
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** The nearest colour that a screen has, `#rrggbb`. */
function fromOklab([lightness, a, b]: Triple): string {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const bytes = linear.map((value) => {
    const within = Math.min(1, Math.max(0, value));
    const encoded = within <= 0.0031308 ? within * 12.92 : 1.055 * within ** (1 / 2.4) - 0.055;
    return Math.round(encoded * 255);
  });
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
