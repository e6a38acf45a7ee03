/** A diagram laid out and drawn as SVG. */

import { textWidth } from '../progress/text.ts';
import { type Arrow, type Diagram, listLegend } from './diagram.ts';
import { NEUTRAL, type StateStyle, styleOf } from './palette.ts';
import { MARGIN, type PlacedBoxes, placeBoxes, type Rectangle, roundPlace } from './place-boxes.ts';

const FONT =
  'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace"';
const FONT_SIZE = 12;
/** Width of a character: 0.6 em in these fonts, with some room for others. */
const CHARACTER = FONT_SIZE * 0.62;
const LINE_HEIGHT = 16;
const PADDING = 10;
/** Width and height of what shows a colour of the legend. */
const SWATCH = 12;
/** A diagram as an SVG without script or outside parts, laid out from left to right. */
export function drawDiagramSvg(diagram: Diagram): string {
  const { boxes, arrows } = diagram;
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const placed = placeBoxes([...byId.keys()], arrows, (id) => {
    const lines = byId.get(id)?.lines ?? [];
    return { width: labelWidth(lines), height: lines.length * LINE_HEIGHT + PADDING };
  });
  const { places, right, bottom } = placed;
  const legend = layOutLegend(diagram, bottom + 2 * MARGIN);
  const width = Math.ceil(Math.max(right, legend.right) + MARGIN);
  const height = Math.ceil(legend.bottom + MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" ${FONT} font-size="${FONT_SIZE}">`,
    '<title>Pipeline graph</title>',
    `<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="${NEUTRAL}"/></marker></defs>`,
    `<g fill="none" stroke="${NEUTRAL}" stroke-width="1.2">`,
    ...arrows.map((arrow) => drawArrow(arrow, placed)),
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

function labelWidth(lines: readonly string[]): number {
  return Math.ceil(Math.max(...lines.map(textWidth)) * CHARACTER) + 2 * PADDING;
}

function drawArrow(arrow: Arrow, { pathOf }: PlacedBoxes): string {
  const dash = arrow.kind === 'data' ? '' : ' stroke-dasharray="4 3"';
  return `<path d="${pathOf(arrow)}" marker-end="url(#tip)"${dash}/>`;
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
    return `<text x="${roundPlace(x + PADDING)}" y="${roundPlace(baseline)}"${weight}>${escapeText(line)}</text>`;
  });
  return [
    `<g fill="${style.text}"><title>${escapeText(`${lines.join(', ')}: ${style.label}`)}</title>`,
    `<rect x="${roundPlace(x)}" y="${roundPlace(y)}" width="${roundPlace(width)}" height="${roundPlace(height)}" rx="5" fill="${style.fill}" stroke="${style.stroke}"${dash}/>`,
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
    `<rect x="${roundPlace(x)}" y="${roundPlace(y)}" width="${SWATCH}" height="${SWATCH}" rx="2" fill="${style.fill}" stroke="${style.stroke}"${dash}/>`,
    `<text x="${roundPlace(x + SWATCH + PADDING)}" y="${roundPlace(y + SWATCH - 2)}" fill="${NEUTRAL}">${escapeText(style.label)}</text>`,
  ].join('');
}

function escapeText(text: string): string {
  const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  return text.replace(/[&<>]/g, (character) => named[character] ?? '');
}
