/** A diagram for Graphviz. */

import { type Diagram, listLegend } from './diagram.ts';
import { NEUTRAL, type StateStyle, styleOf } from './palette.ts';

/** A diagram in the language of Graphviz. */
export function drawDot(diagram: Diagram): string {
  const { boxes, arrows } = diagram;
  const legend = listLegend(diagram);
  const lines = [
    'digraph pipeline {',
    '  rankdir=LR; bgcolor=transparent;',
    '  node [shape=box, fontname="Courier", fontsize=11];',
    `  edge [color="${NEUTRAL}"];`,
    ...boxes.map(({ id, lines: texts, state }) => {
      return `  ${quote(id)} [label=${quoteLabel(texts.join('\n'))}, ${attributes(styleOf(state))}];`;
    }),
    ...arrows.map(({ from, to, kind }) => {
      return `  ${quote(from)} -> ${quote(to)}${kind === 'data' ? '' : ' [style=dashed]'};`;
    }),
    '  subgraph cluster_legend {',
    `    color="${NEUTRAL}";`,
    ...legend.map((style) => {
      // No stage can have a name with a space.
      return `    ${quote(`legend ${style.name}`)} [label=${quoteLabel(style.label)}, ${attributes(style)}];`;
    }),
    '  }',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function attributes({ fill, stroke, text, dashed }: StateStyle): string {
  const style = dashed ? 'rounded,filled,dashed' : 'rounded,filled';
  return `style="${style}", fillcolor="${fill}", color="${stroke}", fontcolor="${text}"`;
}

/** A quoted name, in which only the quote itself is escaped. */
function quote(name: string): string {
  return `"${name.replaceAll('"', '\\"')}"`;
}

/** A quoted text to be drawn, in which backslashes have a meaning: `\n` breaks the line. */
function quoteLabel(text: string): string {
  return quote(text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n'));
}
