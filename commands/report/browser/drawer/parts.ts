/** Parts that the drawer shows of several kinds of things. */

import type { NodeDetail } from '../../report-details.ts';
import { addressOfExperiment, addressOfNode, type Knowledge } from '../look-up.ts';
import { makeElement, makeGroup, makeLink, makeTable } from '../page.ts';
import { formatMinute, formatSeconds, STATE_WORDS, wordBytes } from '../words.ts';

/** Nodes of one stage that are listed one by one; more are folded up. */
const LISTED = 4;

/** A heading with what stands below it. */
export function makePart(title: string, ...content: readonly (Node | string)[]): HTMLElement {
  return makeGroup('section', '', makeElement('h3', title), ...content);
}

/** When and how long: a line for each node, with its fingerprint. */
export function tellWhen(knowledge: Knowledge, nodes: readonly NodeDetail[]): HTMLElement {
  const rows = nodes.map((node) => {
    const made = knowledge.madeOf(node);
    return [
      makeLink(addressOfNode(node.name), node.name),
      makeState(node),
      made === undefined ? '–' : formatMinute(made),
      made === undefined ? '–' : formatSeconds(made.seconds),
      made?.cpuSeconds == null ? '–' : formatSeconds(made.cpuSeconds),
      made?.memory == null ? '–' : wordBytes(made.memory),
      made?.host ?? '–',
      makeFingerprint(node),
    ];
  });
  return makeTable(
    'When and how long',
    ['node', 'state', 'made', 'took', 'CPU time', 'memory', 'on', 'fingerprint'],
    rows,
  );
}

/** The start of a fingerprint, in full where one points at it. */
function makeFingerprint({ fingerprint }: NodeDetail): HTMLElement {
  if (fingerprint === null) return makeElement('span', 'not known yet', 'missing');
  const code = makeElement('code', fingerprint);
  code.title = 'SHA-256 of everything that the result depends on';
  return code;
}

/** The outputs of nodes: the path of each, a link where it can be reached, its size and digest. */
export function tellFiles(knowledge: Knowledge, nodes: readonly NodeDetail[]): HTMLElement {
  const rows = nodes.flatMap(({ state, outputs }) =>
    outputs.map(({ name, path, bytes, sha256 }) => {
      const address = state === 'up-to-date' ? knowledge.addressOf(path) : null;
      return [
        name,
        address === null ? makeElement('code', path) : makeLink(address, path),
        bytes === null ? '–' : wordBytes(bytes),
        sha256 === null ? '–' : makeElement('code', sha256),
      ];
    }),
  );
  return makeTable('Files', ['output', 'path in the workspace', 'size', 'SHA-256'], rows);
}

/** What was printed when nodes were made. */
export function tellLogs(knowledge: Knowledge, nodes: readonly NodeDetail[]): HTMLElement {
  const logs = nodes.flatMap((node) => {
    const log = knowledge.logOf(node);
    if (log === undefined) return [];
    const command = makeElement('code', `npx pipeline log ${node.name}`);
    const note = log.isCut ? [makeGroup('p', 'note', 'The last lines. All of it: ', command)] : [];
    const text = makeElement('pre', log.text);
    text.tabIndex = 0;
    text.setAttribute('aria-label', `Log of ${node.name}`);
    return [makeElement('h4', node.name), ...note, text];
  });
  if (logs.length > 0) return makeGroup('div', '', ...logs);
  const isMade = nodes.some((node) => knowledge.madeOf(node) !== undefined);
  return makeElement(
    'p',
    isMade ? 'Nothing was printed, or it is not kept.' : 'Not run.',
    'missing',
  );
}

/** The graph around nodes: what they are made from, themselves, and what is made from them. */
export function tellNeighbours(knowledge: Knowledge, own: readonly NodeDetail[]): HTMLElement {
  const others = (list: readonly NodeDetail[]) =>
    [...new Set(list)].filter((node) => !own.includes(node));
  const upstream = others(own.flatMap((node) => knowledge.upstreamOf(node)));
  const downstream = others(own.flatMap((node) => knowledge.downstreamOf(node)));
  return makeGroup(
    'div',
    'around',
    makeColumn(knowledge, 'made from', upstream, 'nothing: it stands at the start'),
    makeColumn(knowledge, own.length === 1 ? 'this' : 'the experiment', own, ''),
    makeColumn(knowledge, 'used by', downstream, 'nothing'),
  );
}

function makeColumn(
  knowledge: Knowledge,
  title: string,
  nodes: readonly NodeDetail[],
  otherwise: string,
): HTMLElement {
  const list = document.createElement('ul');
  for (const stage of new Set(nodes.map((node) => node.stage))) {
    const members = nodes.filter((node) => node.stage === stage);
    const entries = members.map((node) => makeEntry(knowledge, node));
    if (entries.length <= LISTED) list.append(...entries);
    else list.append(makeGroup('li', '', foldNodes(stage, members, entries)));
  }
  const content = nodes.length === 0 ? makeElement('p', otherwise, 'missing') : list;
  return makeGroup('div', '', makeElement('h4', title), content);
}

function foldNodes(
  stage: string,
  members: readonly NodeDetail[],
  entries: readonly HTMLElement[],
): HTMLElement {
  const done = members.filter(({ state }) => state === 'up-to-date').length;
  const count = done === members.length ? 'all up to date' : `${done} up to date`;
  const dot = makeElement('span', '', `dot ${done === members.length ? 'up-to-date' : 'run'}`);
  return makeGroup(
    'details',
    '',
    makeGroup('summary', '', dot, `${stage}: ${members.length} nodes, ${count}`),
    makeGroup('ul', '', ...entries),
  );
}

function makeEntry(knowledge: Knowledge, node: NodeDetail): HTMLElement {
  const made = knowledge.madeOf(node);
  const dot = makeElement('span', '', `dot ${node.state}`);
  const words = [
    STATE_WORDS[node.state],
    ...(made === undefined ? [] : [formatSeconds(made.seconds)]),
  ];
  const state = makeElement('span', words.join(', '), 'state');
  return makeGroup('li', '', dot, makeLink(addressOfNode(node.name), node.name), ' ', state);
}

/** The state of a node as a dot and words. */
function makeState(node: NodeDetail): HTMLElement {
  const dot = makeElement('span', '', `dot ${node.state}`);
  return makeGroup('span', 'state', dot, STATE_WORDS[node.state]);
}

/** A command that brings a node up to date. */
export function tellCommand(knowledge: Knowledge, node: string): HTMLElement {
  return makeElement('code', `npx pipeline run ${node} ${knowledge.details.options}`);
}

/** A link to the experiment that a node belongs to. */
export function linkOwner(knowledge: Knowledge, node: NodeDetail): HTMLElement | null {
  const owner = knowledge.ownerOf(node);
  if (owner === undefined) return null;
  return makeGroup(
    'p',
    '',
    'A part of the experiment ',
    makeLink(addressOfExperiment(owner.name), owner.label),
    '.',
  );
}
