import type { StageContext } from 'rederive/contract';
import { describe, expect, it } from 'vitest';
import { findModel } from '../../../../experiment/models/registry.ts';
import { chooseEngine } from '../../../../experiment/training/fastest-engine.ts';

const SETTINGS = { device: 'cpu', layout: 'auto' };
const OPTIONS = {
  model: findModel('MLP1', { width: 0.125 }),
  sgd: { momentum: 0.9, weightDecay: 0 },
  threads: 1,
};

/** What the engine says that is opened for a stage whose fingerprint names this adapter. */
async function open(adapter: string): Promise<string> {
  const said: string[] = [];
  const context = {
    machine: { adapter },
    emit: (event) => said.push(JSON.stringify(event)),
  } as Pick<StageContext, 'machine' | 'emit'> as StageContext;
  await chooseEngine(context).create(SETTINGS, OPTIONS);
  return said.join('\n');
}

describe('the engine auto', () => {
  it('computes by onnx where the fingerprint says that there is no GPU, whatever is found here', async () => {
    expect(await open('none')).toContain('onnx, as the result is filed under no GPU');
  });

  it('refuses to compute by another GPU, or none, than the fingerprint names', async () => {
    await expect(open('a GPU of elsewhere, Vulkan')).rejects.toThrow(
      /under the GPU "a GPU of elsewhere, Vulkan", which is not what computes here on .*: .*\. Run it where .*engine\.name=onnx/,
    );
  });
});
