/** What this GPU can do at most in WGSL: multiplications with additions, and bytes moved. */

import { type GpuDevice, STEP_BYTES } from '../../experiment/training/webgpu/device.ts';
import { Bindings, type Pass } from '../../experiment/training/webgpu/pass.ts';
import { type Buffers, Recording, STORAGE } from '../../experiment/training/webgpu/recording.ts';
import { fixedStore } from '../../experiment/training/webgpu/tensors.ts';

const THREADS = 256;
const CHAINS = 8;
const ROUNDS = 256;

/** TFLOP/s of independent multiply-adds, GB/s of a copy, and microseconds from one empty pass to the next. */
export async function measurePeaks(
  device: GpuDevice,
  groups: number,
  megabytes: number,
): Promise<object> {
  const vectors = (megabytes * 2 ** 20) / 16;
  const from = fixedStore('source', vectors * 4, true);
  const to = fixedStore('target', vectors * 4, true);
  const tiny = fixedStore('tiny', 64, true);
  const kept: Buffers = new Map();
  for (const store of [from, to, tiny])
    kept.set(store, await device.buffer(store.name, store.bytes, STORAGE));
  const steps = await device.buffer('steps', STEP_BYTES, 0x40 | 0x08);
  const run = async (passes: readonly Pass[]): Promise<number> => {
    const recording = await Recording.open({ device, passes, batch: 1, kept, steps });
    let best = Number.POSITIVE_INFINITY;
    for (let repeat = 0; repeat < 5; repeat += 1) {
      const started = performance.now();
      const encoder = device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      recording.encode(pass, 0);
      pass.end();
      device.gpu.queue.submit([encoder.finish()]);
      await device.gpu.queue.onSubmittedWorkDone();
      best = Math.min(best, (performance.now() - started) / 1000);
    }
    return best;
  };
  const slope = async (pass: Pass, few: number, many: number): Promise<number> => {
    const short = await run(Array.from({ length: few }, () => pass));
    const long = await run(Array.from({ length: many }, () => pass));
    return (long - short) / (many - few);
  };
  const arithmetic = arithmeticPass();
  const copy = copyPass();
  const flops = groups * THREADS * ROUNDS * CHAINS * 8;
  return {
    fma_tflops: Number((flops / (await slope(arithmetic, 2, 6)) / 1e12).toFixed(2)),
    copy_gb_s: Math.round((vectors * 32) / (await slope(copy, 2, 6)) / 1e9),
    dispatch_us: Number(((await slope(emptyPass(), 20, 220)) * 1e6).toFixed(2)),
  };

  function arithmeticPass(): Pass {
    const bindings = new Bindings();
    const name = bindings.write(tiny);
    const chains = Array.from({ length: CHAINS }, (_, i) => i);
    const code = `${bindings.code}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let x = vec4<f32>(f32(id.x) * 1e-9f + 1.0f);
  ${chains.map((i) => `var c${i} = vec4<f32>(${i}.0f);`).join('\n')}
  for (var i = 0u; i < ${ROUNDS}u; i++) { ${chains.map((i) => `c${i} = c${i} * x + x;`).join(' ')} }
  let sum = ${chains.map((i) => `c${i}`).join(' + ')};
  if (sum.x == 1.5f) { ${name}[id.x % 4u] = sum; }
}`;
    return make('arithmetic', code, bindings, [groups, 1, 1]);
  }

  function copyPass(): Pass {
    const bindings = new Bindings();
    const source = bindings.read(from);
    const target = bindings.write(to);
    const lines = Math.min(16384, Math.ceil(vectors / THREADS));
    const code = `${bindings.code}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  for (var at = id.x; at < ${vectors}u; at += ${lines * THREADS}u) { ${target}[at] = ${source}[at]; }
}`;
    return make('copy', code, bindings, [lines, 1, 1]);
  }

  function emptyPass(): Pass {
    const bindings = new Bindings();
    const name = bindings.write(tiny);
    const code = `${bindings.code}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { if (id.x == 0u) { ${name}[0].x += 1.0f; } }`;
    return make('empty', code, bindings, [1, 1, 1]);
  }
}

function make(
  label: string,
  code: string,
  bindings: Bindings,
  grid: readonly [number, number, number],
): Pass {
  return { label, code, bindings: bindings.list, grid: () => grid, flops: 0, bytes: () => 0 };
}
