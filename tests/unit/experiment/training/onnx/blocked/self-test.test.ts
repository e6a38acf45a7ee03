import { describe, expect, it } from 'vitest';
import { BLOCKED_DOMAIN } from '../../../../../../experiment/training/onnx/blocked/blocks.ts';
import {
  findBlockedSupport,
  testBlockedOperators,
} from '../../../../../../experiment/training/onnx/blocked/self-test.ts';
import type { OnnxGraph } from '../../../../../../experiment/training/onnx/model-proto.ts';
import { loadRuntime, type Runtime } from '../../../../../../experiment/training/onnx/runtime.ts';

const runtime = await loadRuntime({ threads: 1 });

/** The runtime with every graph changed before it is opened. */
function altered(change: (graph: OnnxGraph) => OnnxGraph): Runtime {
  return { ...runtime, openSession: (graph) => runtime.openSession(change(graph)) };
}

describe('the self-test of the blocked operators', () => {
  it('finds a block size of 16 or 8, or says why there is none', async () => {
    const support = await testBlockedOperators(runtime);
    if (support.block === null) expect(support.reason).not.toBe('');
    else expect([8, 16]).toContain(support.block);
  });

  it('is made once in a process', () => {
    expect(findBlockedSupport(runtime)).toBe(findBlockedSupport(runtime));
  });

  it('gives a reason where an operator is absent', async () => {
    const without = altered((graph) => ({
      ...graph,
      nodes: graph.nodes.map((node) =>
        node.domain === BLOCKED_DOMAIN ? { ...node, operator: `${node.operator}Absent` } : node,
      ),
    }));
    const support = await testBlockedOperators(without);
    expect(support).toMatchObject({ block: null, reason: expect.stringContaining('Absent') });
  });

  it('gives a reason where the convolution computes something else', async () => {
    if ((await testBlockedOperators(runtime)).block === null) return;
    const wrong = altered((graph) => ({
      ...graph,
      nodes: graph.nodes.map((node) =>
        node.operator === 'Conv' ? { ...node, inputs: node.inputs.slice(0, 3) } : node,
      ),
    }));
    const support = await testBlockedOperators(wrong);
    expect(support).toMatchObject({ block: null, reason: expect.stringContaining('instead of') });
  });

  it('gives a reason where channels are ordered in another way', async () => {
    const reordered = altered((graph) => ({
      ...graph,
      nodes: graph.nodes.map((node) =>
        node.domain === BLOCKED_DOMAIN
          ? { ...node, operator: 'Identity', domain: '', attributes: {} }
          : node,
      ),
    }));
    const support = await testBlockedOperators(reordered);
    expect(support).toMatchObject({ block: null, reason: expect.stringContaining('block size') });
  });
});
