/**
 * Draws an SVG of Vega as PDF, with vectors as vectors and text as text in the typeface, which is
 * embedded. The same SVG makes the same bytes: there is no date, and nothing is compressed, because
 * zlib's bytes differ between versions of Node.
 */

import PDFDocument from 'pdfkit';
import { TITLE_WEIGHT, type Typeface } from './font.ts';
import { parseSvg, type SvgElement } from './svg-tree.ts';

type Document = InstanceType<typeof PDFDocument>;

/** A document without the metadata that repeats its title as XML and wants a date of creation. */
class DatelessDocument extends PDFDocument {
  override endMetadata(): void {
    // Nothing is written.
  }
}

/** What a PDF says of itself. */
interface PdfFacts {
  readonly title: string;
  /** Kept as JSON under the key `usermeta`. */
  readonly usermeta: unknown;
}

/** Attributes that an element has from those around it. */
const INHERITED = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linejoin',
  'stroke-linecap',
  'stroke-miterlimit',
  'font-size',
  'font-weight',
  'text-anchor',
] as const;

/** Where an element is drawn: what it inherits, and how opaque all around it is together. */
interface Context {
  readonly inherited: Readonly<Record<string, string>>;
  readonly opacity: number;
  readonly clips: ReadonlyMap<string, SvgElement>;
}

/** Draws an SVG on a page of its size in points, without margins. */
export function drawPdf(svg: string, { files }: Typeface, facts: PdfFacts): Promise<Uint8Array> {
  const root = parseSvg(svg);
  const [width, height] = [root.attributes['width'], root.attributes['height']].map(readNumber);
  const [, , boxWidth] = (root.attributes['viewBox'] ?? '').split(' ').map(Number);
  const document = new DatelessDocument({
    size: [width ?? 0, height ?? 0],
    margin: 0,
    compress: false,
    pdfVersion: '1.7',
    // It names the file; the date that it is made of is taken out again.
    info: { Title: facts.title, CreationDate: new Date(0) },
  });
  Object.assign(document.info, { usermeta: JSON.stringify(facts.usermeta) });
  delete document.info.CreationDate;
  const [regular = '', semiBold = ''] = files;
  document.registerFont('regular', regular).registerFont('semi-bold', semiBold);
  const chunks: Uint8Array[] = [];
  const finished = new Promise<Uint8Array>((resolve, reject) => {
    document.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
  });
  const scale = (width ?? 0) / (boxWidth ?? 1);
  document.scale(scale, scale);
  const clips = new Map<string, SvgElement>();
  collectClips(root, clips);
  for (const child of root.children)
    drawElement(document, child, { inherited: {}, opacity: 1, clips });
  document.end();
  return finished;
}

function collectClips(element: SvgElement, clips: Map<string, SvgElement>): void {
  const id = element.attributes['id'];
  if (element.name === 'clipPath' && id !== undefined) clips.set(`url(#${id})`, element);
  for (const child of element.children) collectClips(child, clips);
}

const DRAWN = new Set(['g', 'path', 'line', 'rect', 'text', 'image']);

function drawElement(document: Document, element: SvgElement, context: Context): void {
  const { name, attributes } = element;
  if (!DRAWN.has(name) || attributes['display'] === 'none') return;
  const own = INHERITED.flatMap((key) =>
    attributes[key] === undefined ? [] : [[key, attributes[key]]],
  );
  const inner: Context = {
    ...context,
    inherited: { ...context.inherited, ...Object.fromEntries(own) },
    opacity: context.opacity * Number(attributes['opacity'] ?? 1),
  };
  document.save();
  applyTransform(document, attributes['transform'] ?? '');
  const clip = context.clips.get(attributes['clip-path'] ?? '')?.children[0];
  if (clip !== undefined) outline(document, clip).clip();
  if (name === 'g') for (const child of element.children) drawElement(document, child, inner);
  else if (name === 'text') drawText(document, element, inner);
  else if (name === 'image') drawImage(document, element, inner);
  else paint(outline(document, element), element, inner);
  document.restore();
}

function applyTransform(document: Document, transform: string): void {
  for (const [, kind, list = ''] of transform.matchAll(/(\w+)\(([^)]*)\)/g)) {
    const [a = 0, b] = list.split(/[\s,]+/).map(Number);
    if (kind === 'translate') document.translate(a, b ?? 0);
    else if (kind === 'rotate') document.rotate(a, {});
    else if (kind === 'scale') document.scale(a, b ?? a);
  }
}

/** Traces the outline of a shape, to be painted or clipped to. */
function outline(document: Document, { name, attributes }: SvgElement): Document {
  const read = (key: string) => readNumber(attributes[key]);
  if (name === 'rect') return document.rect(read('x'), read('y'), read('width'), read('height'));
  if (name === 'line') {
    return document.moveTo(read('x1'), read('y1')).lineTo(read('x2'), read('y2'));
  }
  return document.path(attributes['d'] ?? '');
}

function paint(
  document: Document,
  { name, attributes }: SvgElement,
  { inherited, opacity }: Context,
): void {
  const read = (key: string) => inherited[key];
  const fill = name === 'line' ? undefined : readColor(read('fill'));
  const stroke = readColor(read('stroke'));
  if (attributes['d'] === '' || (fill === undefined && stroke === undefined)) {
    document.addContent('n');
    return;
  }
  if (stroke !== undefined) {
    document.lineWidth(readNumber(read('stroke-width') ?? '1'));
    document.lineJoin((read('stroke-linejoin') ?? 'miter') as 'miter');
    document.lineCap((read('stroke-linecap') ?? 'butt') as 'butt');
    document.miterLimit(readNumber(read('stroke-miterlimit') ?? '4'));
    const dashes = (read('stroke-dasharray') ?? '').split(/[\s,]+/).map(Number);
    // A pattern without gaps is a line, and is no pattern in PDF.
    if (dashes.every((dash) => dash > 0)) document.dash(dashes as unknown as number, {});
    document.strokeColor(stroke).strokeOpacity(opacity * Number(attributes['stroke-opacity'] ?? 1));
  }
  if (fill !== undefined) {
    document.fillColor(fill).fillOpacity(opacity * Number(attributes['fill-opacity'] ?? 1));
  }
  if (fill !== undefined && stroke !== undefined) document.fillAndStroke();
  else if (fill !== undefined) document.fill();
  else document.stroke();
}

/** As figures are laid out: text as wide as its letters, and numbers as far apart in every row. */
const UNKERNED = { kern: false } as unknown as PDFKit.Mixins.OpenTypeFeatures[];

/** A text of one line, or of several, each a `tspan` so far below the one before. */
function drawText(document: Document, element: SvgElement, { inherited, opacity }: Context): void {
  const weight = inherited['font-weight'];
  const isBold = weight === 'bold' || Number(weight) >= TITLE_WEIGHT;
  document.font(isBold ? 'semi-bold' : 'regular').fontSize(readNumber(inherited['font-size']));
  document.fillColor(readColor(inherited['fill']) ?? 'black').fillOpacity(opacity);
  let y = readNumber(element.attributes['y']);
  const lines = element.children.length === 0 ? [element] : element.children;
  for (const { text, attributes } of lines) {
    y += readNumber(attributes['dy']);
    const x = readNumber(attributes['x'] ?? element.attributes['x']);
    const anchor = inherited['text-anchor'];
    const share = anchor === 'middle' ? 0.5 : anchor === 'end' ? 1 : 0;
    const options = { lineBreak: false, baseline: 'alphabetic', features: UNKERNED } as const;
    const start = x - share * document.widthOfString(text, options);
    document.text(text, start, y, options);
  }
}

function drawImage(document: Document, { attributes }: SvgElement, { opacity }: Context): void {
  const [, base64 = ''] = (attributes['xlink:href'] ?? '').split(',');
  const read = (key: string) => readNumber(attributes[key]);
  document.opacity(opacity);
  document.image(Buffer.from(base64, 'base64'), read('x'), read('y'), {
    width: read('width'),
    height: read('height'),
  });
}

/** A number that may have a unit; 0 where there is none. */
function readNumber(text: string | undefined): number {
  return Number.parseFloat(text ?? '0') || 0;
}

/** A colour as PDF takes it; undefined where nothing is painted. */
function readColor(color: string | undefined): string | [number, number, number] | undefined {
  if (color === undefined || color === 'none' || color === 'transparent') return undefined;
  const [red, green, blue] = (/^rgb\(([^)]*)\)$/.exec(color)?.[1] ?? '').split(',').map(Number);
  return red === undefined || green === undefined || blue === undefined
    ? color
    : [red, green, blue];
}
