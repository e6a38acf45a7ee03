/** Reads an SVG as Vega writes it: elements, attributes and text, without entities of its own. */

/** An element with what is in it. */
export interface SvgElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly SvgElement[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

type OpenElement = SvgElement & { readonly children: SvgElement[]; text: string };

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&amp;': '&',
};

/** Reads the text of an SVG. @throws Error where an element is not closed */
export function parseSvg(svg: string): SvgElement {
  const root: OpenElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  for (const [, end, name = '', inside = '', single, text] of svg.matchAll(
    /<(\/?)(\w+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>|([^<]+)/g,
  )) {
    const parent = open.at(-1) ?? root;
    if (text !== undefined) parent.text += decode(text);
    else if (end === '/') open.pop();
    else {
      const element = { name, attributes: parseAttributes(inside), children: [], text: '' };
      parent.children.push(element);
      if (single !== '/') open.push(element);
    }
  }
  const [svgElement] = root.children;
  if (open.length !== 1 || svgElement === undefined) throw new Error('the SVG is not well formed');
  return svgElement;
}

function parseAttributes(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      decode(value),
    ]),
  );
}

function decode(text: string): string {
  return text.replace(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity);
}
