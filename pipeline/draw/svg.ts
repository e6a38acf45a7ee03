/** A diagram laid out and drawn as SVG. */

import { textWidth } from '../progress/text.ts';
import { type Arrow, type Box, type Diagram, listLegend } from './diagram.ts';
import { arrangeLayers } from './layers.ts';
import { NEUTRAL, type StateStyle, styleOf } from './palette.ts';
import { placeSlots } from './place-slots.ts';

const FONT =
  'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace"';
const FONT_SIZE = 12;
/** Width of a character: 0.6 em in these fonts, with some room for others. */
const CHARACTER = FONT_SIZE * 0.62;
const LINE_HEIGHT = 16;
const PADDING = 10;
const MARGIN = 16;
const BOX_GAP = 10;
/** Width and height of what shows a colour of the legend. */
const SWATCH = 12;
/** Between two layers: arrows need room in which to turn, and more of it the more they are. */
const LAYER_GAP = { least: 56, perLink: 1.5, most: 240 };
/** Height that a bend takes in its layer. */
const BEND = 4;

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A diagram as an SVG without script or outside parts, laid out from left to right. */
export function drawDiagramSvg(diagram: Diagram): string {
  const { boxes, arrows } = diagram;
  const arranged = arrangeLayers(
    boxes.map(({ id }) => id),
    arrows,
  );
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const heightOf = (id: string) => {
    const box = byId.get(id);
    return box === undefined ? BEND : box.lines.length * LINE_HEIGHT + PADDING;
  };
  const centres = placeSlots(arranged, ({ id }) => heightOf(id), BOX_GAP);
  const places = new Map<string, Rectangle>();
  const linksFrom = new Map<string, number>();
  for (const { from } of arranged.links) linksFrom.set(from, (linksFrom.get(from) ?? 0) + 1);
  let x = MARGIN;
  let right = MARGIN;
  for (const layer of arranged.layers) {
    const width = Math.max(0, ...layer.map(({ id }) => boxWidth(byId.get(id))));
    for (const { id } of layer) {
      const height = heightOf(id);
      places.set(id, { x, y: MARGIN + (centres.get(id) ?? 0) - height / 2, width, height });
    }
    right = x + width;
    const links = layer.reduce((sum, { id }) => sum + (linksFrom.get(id) ?? 0), 0);
    x = right + Math.min(LAYER_GAP.most, LAYER_GAP.least + LAYER_GAP.perLink * links);
  }
  const bottom = Math.max(0, ...[...places.values()].map(({ y, height }) => y + height));
  const legend = layOutLegend(diagram, bottom + 2 * MARGIN);
  const width = Math.ceil(Math.max(right, legend.right) + MARGIN);
  const height = Math.ceil(legend.bottom + MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" ${FONT} font-size="${FONT_SIZE}">`,
    '<title>Pipeline graph</title>',
    `<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="${NEUTRAL}"/></marker></defs>`,
    `<g fill="none" stroke="${NEUTRAL}" stroke-width="1.2">`,
    ...arrows.map((arrow) => drawArrow(arrow, arranged.routes.get(arrow) ?? [], places)),
    '</g>',
    ...boxes.flatMap((box) => {
      const place = places.get(box.id);
      return place === undefined ? [] : [drawBox(place, box.lines, styleOf(box.state))];
    }),
    '<g aria-label="legend">',
    ...legend.entries.map(({ x, style }) => drawEntry(x, legend.top, style)),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function boxWidth(box: Box | undefined): number {
  return box === undefined ? 0 : labelWidth(box.lines);
}

function labelWidth(lines: readonly string[]): number {
  return Math.ceil(Math.max(...lines.map(textWidth)) * CHARACTER) + 2 * PADDING;
}

/** From the right side of a box through the bends, level in their layers, to the left of another. */
function drawArrow(
  { from, to, kind }: Arrow,
  route: readonly string[],
  places: ReadonlyMap<string, Rectangle>,
): string {
  const [start, ...rest] = [from, ...route, to].flatMap((id) => places.get(id) ?? []);
  if (start === undefined) return '';
  let x = start.x + start.width;
  let y = start.y + start.height / 2;
  const parts = [`M${round(x)} ${round(y)}`];
  for (const [i, place] of rest.entries()) {
    const middle = place.y + place.height / 2;
    const turn = (place.x - x) / 2;
    parts.push(
      `C${round(x + turn)} ${round(y)} ${round(place.x - turn)} ${round(middle)} ${round(place.x)} ${round(middle)}`,
    );
    x = place.x;
    y = middle;
    if (i < rest.length - 1) {
      x += place.width;
      parts.push(`H${round(x)}`);
    }
  }
  const dash = kind === 'data' ? '' : ' stroke-dasharray="4 3"';
  return `<path d="${parts.join('')}" marker-end="url(#tip)"${dash}/>`;
}

function drawBox(
  { x, y, width, height }: Rectangle,
  lines: readonly string[],
  style: StateStyle,
): string {
  const dash = style.dashed ? ' stroke-dasharray="5 3"' : '';
  const texts = lines.map((line, i) => {
    const baseline = y + PADDING / 2 + (i + 0.75) * LINE_HEIGHT;
    const weight = i === 0 && lines.length > 1 ? ' font-weight="bold"' : '';
    return `<text x="${round(x + PADDING)}" y="${round(baseline)}"${weight}>${escapeText(line)}</text>`;
  });
  return [
    `<g fill="${style.text}"><title>${escapeText(`${lines.join(', ')}: ${style.label}`)}</title>`,
    `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="5" fill="${style.fill}" stroke="${style.stroke}"${dash}/>`,
    ...texts,
    '</g>',
  ].join('');
}

/** The states that occur, side by side below the diagram. */
function layOutLegend(diagram: Diagram, top: number) {
  let x = MARGIN;
  const entries = listLegend(diagram).map((style) => {
    const entry = { x, style };
    x += SWATCH + labelWidth([style.label]);
    return entry;
  });
  return { entries, top, right: x, bottom: top + LINE_HEIGHT };
}

/** A swatch with what it stands for, which nobody takes for a stage. */
function drawEntry(x: number, top: number, style: StateStyle): string {
  const dash = style.dashed ? ' stroke-dasharray="3 2"' : '';
  const y = top + (LINE_HEIGHT - SWATCH) / 2;
  return [
    `<rect x="${round(x)}" y="${round(y)}" width="${SWATCH}" height="${SWATCH}" rx="2" fill="${style.fill}" stroke="${style.stroke}"${dash}/>`,
    `<text x="${round(x + SWATCH + PADDING)}" y="${round(y + SWATCH - 2)}" fill="${NEUTRAL}">${escapeText(style.label)}</text>`,
  ].join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeText(text: string): string {
  const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  return text.replace(/[&<>]/g, (character) => named[character] ?? '');
}
