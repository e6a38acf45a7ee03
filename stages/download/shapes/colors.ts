/** Colours as [red, green, blue], each 0 to 1. */
export type Color = readonly [number, number, number];

/** A colour from hue (in turns, any number), saturation and lightness (0 to 1). */
export function hsl(hue: number, saturation: number, lightness: number): Color {
  const amplitude = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number) => {
    const position = (offset + 12 * (hue - Math.floor(hue))) % 12;
    return lightness - amplitude * Math.max(-1, Math.min(position - 3, 9 - position, 1));
  };
  return [channel(0), channel(8), channel(4)];
}
