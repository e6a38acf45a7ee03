import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { type Diagram, listLegend, makeDiagram } from '../draw/diagram.ts';
import { drawDot } from '../draw/dot.ts';
import { drawMermaid } from '../draw/mermaid.ts';
import { drawDiagramSvg } from '../draw/svg.ts';
import { planNodes } from '../inspect/plan.ts';
import { tellUnreadable } from '../session/mistakes.ts';
import { openSession, type WorkspaceOptions } from '../session/open-session.ts';

/** The formats of `pipeline graph`, with the ends of file names that stand for them. */
const FORMATS = {
  mermaid: { extensions: ['.mmd', '.mermaid'], draw: drawMermaid },
  dot: { extensions: ['.dot', '.gv'], draw: drawDot },
  json: { extensions: ['.json'], draw: formatJson },
  svg: { extensions: ['.svg'], draw: drawDiagramSvg },
} as const satisfies Record<string, { extensions: string[]; draw: (diagram: Diagram) => string }>;

/** Options of `pipeline graph`. */
export interface GraphCommandOptions extends WorkspaceOptions {
  /** Undefined: as the output file's name ends, else mermaid. */
  readonly format?: keyof typeof FORMATS;
  readonly expand?: boolean;
  readonly output?: string;
}

/** `pipeline graph [targets]`: draws the graph, coloured by state. @returns the exit code */
export async function graphCommand(
  targets: readonly string[],
  options: GraphCommandOptions,
): Promise<number> {
  const session = await openSession(options, targets);
  try {
    const plan = await planNodes(session.graph, session.nodes, session.tools, false);
    const diagram = makeDiagram(plan.nodes, options.expand === true);
    const text = FORMATS[options.format ?? formatOf(options.output)].draw(diagram);
    if (options.output === undefined) process.stdout.write(text);
    else {
      mkdirSync(dirname(options.output), { recursive: true });
      writeFileSync(options.output, text);
    }
    return tellUnreadable(plan, session.root);
  } finally {
    session.close();
  }
}

function formatOf(output: string | undefined): keyof typeof FORMATS {
  const extension = extname(output ?? '').toLowerCase();
  const names = Object.keys(FORMATS) as (keyof typeof FORMATS)[];
  return (
    names.find((name) => (FORMATS[name].extensions as readonly string[]).includes(extension)) ??
    'mermaid'
  );
}

function formatJson(diagram: Diagram): string {
  return `${JSON.stringify({ ...diagram, legend: listLegend(diagram) }, null, 1)}\n`;
}
