/** A plan as a diagram, in the format that is asked for. */

import { extname } from 'node:path';
import { type Diagram, listLegend, makeDiagram } from '../../draw/diagram.ts';
import { drawDot } from '../../draw/dot.ts';
import { drawMermaid } from '../../draw/mermaid.ts';
import { drawDiagramSvg } from '../../draw/svg.ts';
import type { Plan } from '../../inspect/plan.ts';

/** The formats of `pipeline graph`, with the ends of file names that stand for them. */
const FORMATS = {
  mermaid: { extensions: ['.mmd', '.mermaid'], draw: drawMermaid },
  dot: { extensions: ['.dot', '.gv'], draw: drawDot },
  json: { extensions: ['.json'], draw: formatJson },
  svg: { extensions: ['.svg'], draw: drawDiagramSvg },
} as const satisfies Record<string, { extensions: string[]; draw: (diagram: Diagram) => string }>;

/** How a graph may be drawn. */
export type DiagramFormat = keyof typeof FORMATS;

/** Draws a plan. @param expand a box for each node instead of one for each stage */
export function drawPlan({ nodes }: Plan, format: DiagramFormat, expand: boolean): string {
  return FORMATS[format].draw(makeDiagram(nodes, expand));
}

/** The format that a file's name ends in; mermaid where it says none. */
export function formatOfFile(file: string | undefined): DiagramFormat {
  const extension = extname(file ?? '').toLowerCase();
  const names = Object.keys(FORMATS) as DiagramFormat[];
  return (
    names.find((name) => (FORMATS[name].extensions as readonly string[]).includes(extension)) ??
    'mermaid'
  );
}

function formatJson(diagram: Diagram): string {
  return `${JSON.stringify({ ...diagram, legend: listLegend(diagram) }, null, 1)}\n`;
}
