import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../experiment/training/onnx/graph-builder.ts';
import { loadRuntime } from '../../../../experiment/training/onnx/runtime.ts';

describe('an encoded ONNX model', () => {
  it('is run by onnxruntime with its constants, attributes of each kind and renamed outputs', async () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', 'float32', [2, 3]);
    const labels = graph.input('labels', 'int32', [3]);
    const product = graph.node('Gemm', [x, graph.floats([1, 0, 0, 1, 2, 3], [3, 2])], {
      alpha: { float: 0.5 },
    });
    const turned = graph.node('Transpose', [product], { perm: { ints: [1, 0] } });
    const summed = graph.node('ReduceSum', [turned, graph.int64s([-1])], { keepdims: { int: 0 } });
    graph.output('sums', 'float32', [2], summed);
    graph.output('next', 'int32', [3], graph.node('Add', [labels, graph.int32s([-1, 10, 300])]));

    const runtime = await loadRuntime({ threads: 1 });
    const session = await runtime.openSession(graph.build('test'));
    expect(session.inputNames).toEqual(['x', 'labels']);
    expect(session.outputNames).toEqual(['sums', 'next']);
    const outputs = await session.run({
      x: runtime.tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
      labels: runtime.tensor(Int32Array.of(7, 8, 9), [3]),
    });
    // [[1,2,3],[4,5,6]] · [[1,0],[0,1],[2,3]] = [[7,11],[16,23]], halved, summed over rows.
    expect(outputs['sums']?.data).toEqual(Float32Array.of(11.5, 17));
    expect(outputs['next']?.data).toEqual(Int32Array.of(6, 18, 309));
  });

  it('is run with operators of several outputs, of another domain and without optional inputs', async () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', 'float32', [1, 1, 4]);
    const attributes = { kernel_shape: { ints: [2] }, strides: { ints: [2] } };
    const [values = '', indices = ''] = graph.nodes('MaxPool', [x], 2, attributes);
    graph.output('maxima', 'float32', [1, 1, 2], values);
    graph.output('where', 'int64', [1, 1, 2], indices);
    const bounded = graph.node('Clip', [x, '', graph.floats([2], [])]);
    const negative = graph.floats([-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1], [4, 4]);
    const activation = { activation: { string: 'LeakyRelu' }, activation_alpha: { float: 0.5 } };
    const flat = graph.node('Flatten', [bounded]);
    const leaky = graph.node('FusedGemm', [flat, negative], activation, 'com.microsoft');
    graph.output('leaky', 'float32', [1, 4], leaky);

    const runtime = await loadRuntime({ threads: 1 });
    const session = await runtime.openSession(graph.build('test'));
    const outputs = await session.run({
      x: runtime.tensor(Float32Array.of(1, 3, 2, -4), [1, 1, 4]),
    });
    expect(outputs['maxima']?.data).toEqual(Float32Array.of(3, 2));
    expect(outputs['where']?.data).toEqual(BigInt64Array.of(1n, 2n));
    expect(outputs['leaky']?.data).toEqual(Float32Array.of(-0.5, -1, -1, 4));
  });

  it('stores equal constants once', () => {
    const graph = new GraphBuilder();
    expect(graph.floats([0.9], [])).toBe(graph.floats([0.9], []));
    expect(graph.floats([0.9], [])).not.toBe(graph.floats([0.9], [1]));
    expect(graph.build('test').constants).toHaveLength(2);

    const many = Array.from({ length: 100 }, (_, index) => index);
    expect(graph.floats(many, [100])).toBe(graph.floats(many, [100]));
    expect(graph.floats(many, [100])).not.toBe(graph.floats(many.toReversed(), [100]));
  });
});
