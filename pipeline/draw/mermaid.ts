/** A diagram for Markdown. */

import { type Diagram, listLegend } from './diagram.ts';

/** A diagram as a Mermaid flowchart, such as GitHub shows in Markdown. */
export function drawMermaid(diagram: Diagram): string {
  const { boxes, arrows } = diagram;
  const ids = new Map(boxes.map(({ id }, i) => [id, `n${i}`]));
  const legend = listLegend(diagram);
  const lines = ['flowchart LR'];
  for (const { id, lines: texts, state } of boxes) {
    lines.push(`  ${ids.get(id)}["${texts.map(escapeText).join('<br/>')}"]:::${className(state)}`);
  }
  for (const { from, to, kind } of arrows) {
    lines.push(`  ${ids.get(from)} ${kind === 'data' ? '-->' : '-.->'} ${ids.get(to)}`);
  }
  lines.push('  subgraph legend [" "]', '    direction LR');
  for (const { name, label } of legend) {
    lines.push(`    legend_${className(name)}["${escapeText(label)}"]:::${className(name)}`);
  }
  lines.push('  end');
  for (const { name, fill, stroke, text, dashed } of legend) {
    const dash = dashed ? ',stroke-dasharray:5 3' : '';
    lines.push(`  classDef ${className(name)} fill:${fill},stroke:${stroke},color:${text}${dash}`);
  }
  return `${lines.join('\n')}\n`;
}

function className(state: string): string {
  return state.replaceAll('-', '_');
}

/** Mermaid's own escapes: `#` and a name or number, then `;`. */
function escapeText(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._/:,()+-]/gu, (character) => `#${character.codePointAt(0)};`);
}
