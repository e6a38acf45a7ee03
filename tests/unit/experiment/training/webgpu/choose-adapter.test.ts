import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Card, findCards } from '../../../../../experiment/training/webgpu/cards.ts';
import { chooseAdapter } from '../../../../../experiment/training/webgpu/choose-adapter.ts';
import { makeFolder, removeFolders } from '../../../../fixtures/folder.ts';

afterAll(removeFolders);

/** A machine: its adapters in Dawn's order, its cards, and whether Mesa's layer is installed. */
interface Machine {
  readonly names: readonly string[];
  readonly cards?: readonly Card[];
  readonly hasLayer?: boolean;
}

/** Chooses on a machine. @returns why it is another adapter, which card Mesa is asked for, how often was looked */
async function choose(id: string | undefined, machine: Machine, set: Record<string, string> = {}) {
  const { names, cards = [], hasLayer = false } = machine;
  const environment: Record<string, string | undefined> = { ...set };
  if (id !== undefined) environment['CUDA_VISIBLE_DEVICES'] = id;
  let listed = 0;
  const doubt = await chooseAdapter({
    environment,
    list: async () => {
      listed++;
      const isAlone = environment['MESA_VK_DEVICE_SELECT_FORCE_DEFAULT_DEVICE'] === '1';
      const tag = environment['DRI_PRIME'];
      const place = cards.findIndex(({ address }) => tag === `pci-${address.replace(/\W/g, '_')}`);
      const chosen = names[place];
      return hasLayer && isAlone && chosen !== undefined ? [chosen] : names;
    },
    findCards: () => cards,
  });
  return { doubt, listed, prime: environment['DRI_PRIME'] };
}

const FIRST = { doubt: null, prime: undefined };
const makeCards = (...models: (string | null)[]) =>
  ['0000:3b:00.0', '0000:5e:00.0'].map(
    (address, place): Card => ({
      address,
      model: models[place] ?? null,
      uuid: models[place] == null ? null : `GPU-${place}ab`,
    }),
  );
const EQUAL = { names: ['H100', 'H100', 'llvmpipe'], cards: makeCards('H100', 'H100') };
const MIXED = { names: ['H100', 'T4', 'llvmpipe'], cards: makeCards('H100', 'T4') };

describe('the adapter of a stage', () => {
  it.each([undefined, ''])('is the first one where it was given no GPU: %j', async (id) => {
    expect(await choose(id, EQUAL)).toEqual({ ...FIRST, listed: 0 });
  });

  it('is the only one, or the only one of its model, whatever its number', async () => {
    expect(await choose('7', { names: ['H100'] })).toEqual({ ...FIRST, listed: 1 });
    const one = { names: ['H100', 'llvmpipe'], cards: makeCards('H100').slice(0, 1) };
    expect(await choose('0', one)).toEqual({ ...FIRST, listed: 1 });
  });

  it('is that of its card among equal ones, where Mesa’s layer is there', async () => {
    const machine = { ...EQUAL, hasLayer: true };
    const first = { doubt: null, listed: 2, prime: 'pci-0000_3b_00_0' };
    const second = { doubt: null, listed: 2, prime: 'pci-0000_5e_00_0' };
    expect(await choose('0', machine)).toEqual(first);
    expect(await choose('1', machine)).toEqual(second);
    expect(await choose('GPU-1a,GPU-0a', machine)).toEqual(second);
    expect(await choose('1', { ...machine, cards: makeCards() })).toEqual(second);
  });

  it('is the first of equal ones where the layer is not there, with a word about it', async () => {
    expect(await choose('0', EQUAL)).toEqual({ ...FIRST, listed: 2 });
    for (const cards of [EQUAL.cards, makeCards(), []]) {
      const { doubt, prime } = await choose('1', { ...EQUAL, cards });
      expect(doubt).toContain('the GPU 1 cannot be told from others, of which H100 is taken');
      expect(prime).toBeUndefined();
    }
    const { doubt } = await choose('9', { names: EQUAL.names });
    expect(doubt).toContain('no adapter is known to be the GPU 9, of H100, H100, llvmpipe');
  });

  it('is never one of another model, whose results would be others', async () => {
    const byName = await choose('1', MIXED);
    const byLayer = await choose('1', { ...MIXED, cards: makeCards(), hasLayer: true });
    const byNumber = await choose('1', { names: MIXED.names });
    for (const { doubt, prime } of [byName, byLayer, byNumber]) {
      expect(doubt).toContain('the GPU 1 is T4, and H100 is taken');
      expect(prime).toBeUndefined();
    }
    expect(await choose('0', MIXED)).toEqual({ ...FIRST, listed: 1 });
  });

  it('is the user’s where a variable chooses one', async () => {
    const set = { DRI_PRIME: 'pci-0000_99_00_0' };
    expect(await choose('1', EQUAL, set)).toMatchObject({ doubt: null, listed: 0 });
  });
});

describe('the cards of a machine', () => {
  it('are NVIDIA’s, of those that may be opened, in the order of the bus', () => {
    const about = (minor: number) =>
      `Model: \t\t NVIDIA H100 80GB HBM3\nGPU UUID: \t GPU-${minor}ab\nDevice Minor: \t ${minor}\n`;
    const root = makeFolder({
      'proc/driver/nvidia/gpus/0000:5e:00.0/information': about(0),
      'proc/driver/nvidia/gpus/0000:3b:00.0/information': about(1),
      'proc/driver/nvidia/gpus/0000:ff:00.0/information': about(7),
      'dev/nvidia0': '',
      'dev/nvidia1': '',
    });
    const model = 'NVIDIA H100 80GB HBM3';
    expect(findCards(root)).toEqual([
      { address: '0000:3b:00.0', model, uuid: 'GPU-1ab' },
      { address: '0000:5e:00.0', model, uuid: 'GPU-0ab' },
    ]);
  });

  it('are others with a render node', () => {
    const root = makeFolder({ 'dev/dri/renderD128': '', 'dev/dri/renderD129': '' });
    for (const [node, address] of [
      ['renderD128', '0000:65:00.0'],
      ['renderD129', '0000:03:00.0'],
    ] as const) {
      mkdirSync(join(root, 'sys/devices', address), { recursive: true });
      mkdirSync(join(root, 'sys/class/drm', node), { recursive: true });
      symlinkSync(join(root, 'sys/devices', address), join(root, 'sys/class/drm', node, 'device'));
    }
    expect(findCards(root).map(({ address }) => address)).toEqual(['0000:03:00.0', '0000:65:00.0']);
    expect(findCards(makeFolder())).toEqual([]);
  });
});
