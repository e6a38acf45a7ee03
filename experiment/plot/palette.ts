/**
 * Order and colours of models: the same model looks the same in every figure.
 *
 * The colours are those of Okabe and Ito (2008), which stay apart for colour-blind readers.
 */

/** How a model is drawn: a colour, and a shape for those who cannot tell the colours apart. */
export interface ModelStyle {
  readonly color: string;
  readonly shape: string;
}

const MODEL_STYLES: ReadonlyMap<string, ModelStyle> = new Map([
  ['Net', { color: '#333333', shape: 'cross' }],
  ['MLP1', { color: '#0072b2', shape: 'circle' }],
  ['MLP3', { color: '#e69f00', shape: 'square' }],
  ['AlexNetSmall', { color: '#009e73', shape: 'triangle-up' }],
  ['InceptionSmall', { color: '#d55e00', shape: 'diamond' }],
  ['InceptionSmallWithoutBN', { color: '#cc79a7', shape: 'triangle-down' }],
  ['WideResNet', { color: '#56b4e9', shape: 'triangle-right' }],
]);

/** For models that the paper's list does not have, in turn. */
const OTHER_STYLES: readonly ModelStyle[] = [
  { color: '#7f6000', shape: 'triangle-left' },
  { color: '#5e3c99', shape: 'circle' },
  { color: '#8c8c8c', shape: 'square' },
];

const MODEL_ORDER = [...MODEL_STYLES.keys()];

/** Returns each model once: those known here from small to large, then others by name. */
export function orderModels(names: Iterable<string>): readonly string[] {
  const rank = (name: string) => {
    const place = MODEL_ORDER.indexOf(name);
    return place < 0 ? MODEL_ORDER.length : place;
  };
  return [...new Set(names)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** Returns how each of these models, in the order of {@link orderModels}, is drawn. */
export function styleModels(models: readonly string[]): readonly ModelStyle[] {
  let others = 0;
  return models.map((model) => {
    const style = MODEL_STYLES.get(model) ?? OTHER_STYLES[others++ % OTHER_STYLES.length];
    return style ?? { color: '#333333', shape: 'circle' };
  });
}

/**
 * From cold to hot: neighbours of five differ in hue and in lightness, for colour-blind readers too.
 * None is so light that it would vanish on white.
 */
const RAMP: readonly (readonly [red: number, green: number, blue: number])[] = [
  [8, 48, 107],
  [43, 123, 186],
  [86, 180, 160],
  [230, 159, 0],
  [178, 24, 43],
];

/** Returns so many colours for the levels of a quantity, from the least to the greatest. */
export function rampColors(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const at = count === 1 ? 0 : (i / (count - 1)) * (RAMP.length - 1);
    const below = RAMP[Math.floor(at)] ?? [0, 0, 0];
    const above = RAMP[Math.ceil(at)] ?? below;
    const mixed = below.map((from, channel) => from + (at % 1) * ((above[channel] ?? from) - from));
    return `#${mixed.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
  });
}
