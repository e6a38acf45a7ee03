/** That a run executes what an edit has touched, and nothing else. */

import { lstatSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openStream, type RandomStream } from '../../../experiment/data/random.ts';
import {
  makeWorkspace,
  nodesThat,
  parseEvents,
  removeWorkspaces,
  type Workspace,
} from '../../fixtures/workspace.ts';
import {
  drawNodes,
  evaluateModel,
  initialModelState,
  type ModelNode,
  type ModelState,
  outputOf,
  writeModel,
} from './model.ts';

export interface RerunOptions {
  readonly seeds: readonly number[];
  /** Edits of each graph, with a run after every one. */
  readonly edits: number;
}

/** An edit, made to the model's state or to the workspace alone; says what it did. */
type Edit = (place: number, nodes: readonly ModelNode[], workspace: Workspace) => string;

/** Random graphs, random edits: the nodes executed are those of a model that knows no engine. */
export function describeReruns({ seeds, edits }: RerunOptions): void {
  afterAll(removeWorkspaces);

  describe.each(seeds)('the graph of seed %d', (seed) => {
    it(`executes what each of ${edits} edits touches, and nothing else`, async () => {
      const stream = openStream(seed, 'test/rerun');
      const nodes = drawNodes(stream);
      const state = initialModelState(nodes);
      const workspace = makeWorkspace(writeModel(nodes, state));
      const seen = new Set<string>();
      const story = [JSON.stringify(nodes)];
      for (let edit = 0; edit <= edits; edit += 1) {
        if (edit > 0) story.push(makeEdit(stream, nodes, state, workspace));
        const facts = evaluateModel(nodes, state);
        const expected: string[] = [];
        for (const [place, { name }] of nodes.entries()) {
          const key = `${name} ${facts[place]?.key}`;
          if (!seen.has(key)) expected.push(name);
          seen.add(key);
        }
        const result = await workspace.run(['--json']);
        expect(result.code, `${story.join('\n')}\n${result.stdout}${result.stderr}`).toBe(0);
        const executed = nodesThat(parseEvents(result), 'executed').sort();
        expect(executed, story.join('\n')).toEqual(expected.sort());
        for (const [place, node] of nodes.entries()) {
          expect(workspace.read(outputOf(node)), story.join('\n')).toBe(facts[place]?.output);
        }
      }
    });
  });
}

function makeEdit(
  stream: RandomStream,
  nodes: readonly ModelNode[],
  state: ModelState,
  workspace: Workspace,
): string {
  // Few values, so that an edit often goes back to one that was there before.
  const value = stream.integer(3);
  const edits: readonly Edit[] = [
    (place) => {
      state.params[place] = value;
      return `parameter ${place} is ${value}`;
    },
    (place) => {
      state.tags[place] = value;
      return `the code or template of ${place} says ${value}`;
    },
    (place) => {
      state.unused[place] = value;
      return `an unused constant of ${place} is ${value}`;
    },
    () => {
      // Of one length, so that what only counts writes the same.
      state.raw = `raw ${value}\n`;
      return `the input says ${value}`;
    },
    () => {
      state.helper = value;
      return `the helper says ${value}`;
    },
    () => {
      state.packageVersion = value;
      return `the package has version ${value}`;
    },
    () => {
      state.partial = value;
      return `the included template says ${value}`;
    },
    () => {
      state.remarks += 1;
      return 'other remarks';
    },
    (place, all, { path }) => {
      const target = join(path, outputOf(all[place] as ModelNode));
      workspace.remove(outputOf(all[place] as ModelNode));
      if (value > 0) workspace.write(outputOf(all[place] as ModelNode), 'tampered\n');
      return `${target} ${value > 0 ? 'overwritten' : 'removed'}`;
    },
    () => {
      restoreTime(workspace, 'raw.txt', () => {
        state.raw = `raw ${value + 3}\n`;
        workspace.write('raw.txt', state.raw);
      });
      return `the input says ${value + 3}, its time of change put back`;
    },
  ];
  const place = stream.integer(nodes.length);
  const told = edits[stream.integer(edits.length)]?.(place, nodes, workspace) ?? '';
  for (const [path, text] of Object.entries(writeModel(nodes, state))) {
    if (readFileSync(join(workspace.path, path), 'utf8') !== text) workspace.write(path, text);
  }
  return told;
}

/** Changes a file and gives it the times that it had. */
function restoreTime({ path }: Workspace, file: string, change: () => void): void {
  const { atime, mtime } = lstatSync(join(path, file));
  change();
  utimesSync(join(path, file), atime, mtime);
}
