import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectPilot } from '../../../../pipeline/graph/pilot.ts';
import { PILOT_FOLDER } from '../../../../pipeline/system/layout.ts';
import { expandSound, mistakesOf } from '../../../fixtures/graph.ts';

const text = `version: 1
params: { levels: [0, 1, 2], epochs: 9 }
profiles:
  main: { params: { epochs: 8 }, pilot: { epochs: 1 } }
  other: {}
stages:
  load: { command: x, outputs: { o: data } }
  make: { command: x, matrix: { p: { param: levels } }, inputs: { i: { from: load, output: o } }, outputs: { o: "made/{{ p }}" } }
  train:
    { command: "x {{ epochs }}", matrix: { m: [a, b], p: { param: levels } }, inputs: { i: { from: make, output: o } }, outputs: { o: "run/{{ name }}" } }
  ends: { command: x, inputs: { i: { from: train, output: o, where: [{ p: 2 }] } }, outputs: { o: ends } }
  all: { command: x, needs: [make], inputs: { i: { from: train, output: o } }, outputs: { o: all } }
`;

function pilotOf(targets: readonly string[], settings: { key: string; text: string }[] = []) {
  return selectPilot(expandSound(text, { isPilot: true, settings }), targets);
}
const idsOf = (targets: readonly string[]) => pilotOf(targets).nodes.map(({ id }) => id);

describe('the nodes of a pilot', () => {
  it('are one of each stage, where stages do not insist on others', () => {
    expect(idsOf(['all'])).toEqual(['load', 'make/0', 'train/a_0', 'all']);
    expect(idsOf(['train'])).toEqual(['load', 'make/0', 'train/a_0']);
    // Reads none but p = 2, and what reads all is content with that.
    expect(idsOf([])).toEqual(['load', 'make/2', 'train/a_2', 'ends', 'all']);
  });

  it('are those asked for, or one of their stage where the pilot has no such cell', () => {
    expect(idsOf(['train/b_1'])).toEqual(['load', 'make/1', 'train/b_1']);
    const { nodes } = pilotOf(['train/b_1'], [{ key: 'levels', text: '[2]' }]);
    expect(nodes.map(({ id }) => id)).toEqual(['load', 'make/2', 'train/a_2']);
    expect(pilotOf(['nothing/b']).diagnostics.map(({ code }) => code)).toEqual(['unknown-target']);
  });

  it('are fed by each other alone, in an order that can be run, and write into one folder', () => {
    const stages = ['load', 'make', 'train', 'ends', 'all'];
    fc.assert(
      fc.property(fc.subarray(stages, { minLength: 1 }), (targets) => {
        const done = new Set<string>();
        for (const node of pilotOf(targets).nodes) {
          for (const id of node.upstream) expect(done).toContain(id);
          for (const { sources } of node.inputs) {
            expect(sources).toHaveLength(1);
            for (const source of sources) {
              expect(source.path.startsWith(`${PILOT_FOLDER}/outputs/`)).toBe(true);
            }
          }
          done.add(node.id);
        }
        for (const target of targets) {
          expect([...done].some((id) => id.split('/')[0] === target)).toBe(true);
        }
      }),
    );
  });
});

describe('the parameters of a pilot', () => {
  it('are over those of the profile and of --set', () => {
    const settings = [{ key: 'epochs', text: '7' }];
    expect(expandSound(text, { settings }).params['epochs']).toBe(7);
    expect(expandSound(text, { settings, isPilot: true }).params['epochs']).toBe(1);
  });

  it('are checked in any case, and must be there for a pilot', () => {
    const faulty = text.replace('pilot: { epochs: 1 }', 'pilot: { epochs: many, levls: [1] }');
    expect(mistakesOf(faulty)).toEqual(['wrong-type 4:43', 'unknown-param 4:57']);
    expect(mistakesOf(text, { profile: 'other', isPilot: true })).toEqual(['missing-key 5:3']);
    expect(mistakesOf(text, { profile: 'other' })).toEqual([]);
  });
});
