import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../../../../pipeline/graph/types.ts';
import { Overlaps } from '../../../../pipeline/scheduler/overlaps.ts';
import { expandSound } from '../../../fixtures/graph.ts';

const { nodes } = expandSound(`version: 1
stages:
  a: { command: "true", inputs: { i: data/x }, outputs: { o: a } }
  b: { command: "true", inputs: { i: data }, outputs: { o: b } }
  c: { command: "true", inputs: { i: database }, outputs: { o: c } }
  d: { command: "true", inputs: { i: data/x }, outputs: { o: d } }
`);
const [a, b, c, d] = [...nodes.values()] as [GraphNode, GraphNode, GraphNode, GraphNode];

describe('those who may have changed an input', () => {
  it('ran at the same time and read it too, or a folder around it, or something in it', () => {
    let time = 0;
    const overlaps = new Overlaps(() => time++);
    overlaps.begin(d);
    overlaps.end(d);
    overlaps.begin(b);
    overlaps.begin(a);
    overlaps.begin(c);
    overlaps.end(b);
    overlaps.end(a);
    expect(overlaps.findReaders(a, 'data/x')).toEqual(['b']);
    expect(overlaps.findReaders(b, 'data')).toEqual(['a']);
    expect(overlaps.findReaders(c, 'database')).toEqual([]);
    // Its next attempt runs beside others.
    overlaps.begin(d);
    expect(overlaps.findReaders(d, 'data/x')).toEqual([]);
  });
});
