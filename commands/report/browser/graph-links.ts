/** Makes boxes of the graph, and names of nodes in tables, lead to what is told of them. */

import { addressOfNode, addressOfStage, type Knowledge } from './look-up.ts';
import { makeLink } from './page.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** Links each box of the graph to its stage, and each line of the fingerprints to its node. */
export function linkNodes(knowledge: Knowledge): void {
  for (const box of document.querySelectorAll<SVGGElement>('.graph svg > g')) {
    // A box says first what it stands for.
    const stage = box.querySelector('rect ~ text')?.textContent ?? '';
    if (knowledge.findPlace(addressOfStage(stage)) === null) continue;
    const link = document.createElementNS(SVG, 'a');
    link.setAttribute('href', addressOfStage(stage));
    box.replaceWith(link);
    link.append(box);
  }
  for (const cell of document.querySelectorAll<HTMLElement>('#fingerprints tbody th')) {
    const name = cell.textContent?.trim() ?? '';
    if (knowledge.node(name) !== undefined)
      cell.replaceChildren(makeLink(addressOfNode(name), name));
  }
}
