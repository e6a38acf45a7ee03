/** What the drawer shows of a node. */

import type { NodeDetail } from '../../report-details.ts';
import { addressOfStage, type Knowledge } from '../look-up.ts';
import { makeGroup, makeLink } from '../page.ts';
import {
  linkOwner,
  makePart,
  tellCommand,
  tellFiles,
  tellLogs,
  tellNeighbours,
  tellWhen,
} from './parts.ts';
import { makeSamples } from './samples.ts';
import type { Told } from './told.ts';

/** What is told of a node: how it stands, what it has made, what it printed, and the graph around it. */
export function tellNode(knowledge: Knowledge, node: NodeDetail): Told {
  const owner = linkOwner(knowledge, node);
  const samples = knowledge.details.samples[node.name];
  return {
    kind: 'A node of the graph',
    title: node.name,
    body: [
      owner ?? '',
      node.name === node.stage ? '' : linkStage(node),
      linkFigures(node),
      ...(samples === undefined ? [] : [makePart('Images', makeSamples(samples))]),
      makePart('The graph around it', tellNeighbours(knowledge, [node])),
      makePart('When and how long', tellWhen(knowledge, [node])),
      makePart('Files', tellFiles(knowledge, [node])),
      makePart('Log', tellLogs(knowledge, [node])),
      makePart('Run it again', makeGroup('p', '', tellCommand(knowledge, node.name))),
    ],
  };
}

function linkStage({ stage }: NodeDetail): HTMLElement {
  return makeGroup('p', '', 'One of the stage ', makeLink(addressOfStage(stage), stage), '.');
}

/** Links to the figures of the page that a node draws. */
function linkFigures({ outputs }: NodeDetail): Node | string {
  const names = outputs.flatMap(({ path }) => /([^/]*)\.svg$/.exec(path)?.[1] ?? []);
  const links = names.flatMap((name) => {
    const figure = document.getElementById(`figure-${name}`);
    return figure === null ? [] : [makeLink(`#${figure.id}`, name), ' '];
  });
  return links.length === 0 ? '' : makeGroup('p', '', 'Draws ', ...links);
}
