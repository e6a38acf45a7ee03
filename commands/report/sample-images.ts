/** The first training images of data folders, as small pictures with their labels. */

import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeStatus } from 'rederive/contract';
import { type DatasetInfo, validateDatasetInfo } from '../../experiment/data/dataset-info.ts';
import { CHANNEL_COUNT, CROP_PIXELS, CROP_SIZE } from '../../experiment/data/images.ts';
import { readJson } from '../../experiment/data/json.ts';
import { readPixels } from '../../experiment/plot/crops.ts';
import { encodePng } from '../../experiment/plot/png.ts';
import type { SampleImages } from './report-details.ts';

/** So many are shown. */
const SHOWN = 8;

/** Images of a folder, before it is known which labels are true. */
interface FolderStart {
  readonly node: string;
  readonly info: DatasetInfo;
  readonly labels: readonly string[];
  readonly picture: string;
}

/**
 * Reads the first images of all data folders among nodes that are up to date: of nodes with an output `data`.
 *
 * @returns by the name of the node; nothing of a folder that fails to be read as one of this project's
 */
export async function readSamples(
  workspace: string,
  nodes: readonly NodeStatus[],
): Promise<Readonly<Record<string, SampleImages>>> {
  const starts: FolderStart[] = [];
  for (const { node, state, outputs } of nodes) {
    const folder = outputs['data'];
    if (state !== 'up-to-date' || folder === undefined) continue;
    const start = await readStart(node, join(workspace, folder)).catch(() => null);
    if (start !== null) starts.push(start);
  }
  return Object.fromEntries(
    starts.map(({ node, info, labels, picture }) => {
      const original = starts.find(
        (one) =>
          one.info.corruption === 'none' &&
          one.info.p === 0 &&
          one.info.seed === info.seed &&
          one.info.name === info.name,
      );
      return [node, { picture, labels, trueLabels: original?.labels ?? null }];
    }),
  );
}

/** @throws where the folder holds something else */
async function readStart(node: string, folder: string): Promise<FolderStart | null> {
  const info = await readJson(join(folder, 'dataset.json'), validateDatasetInfo);
  const count = Math.min(SHOWN, info.train);
  const images = readHead(join(folder, 'train_images.npy'), count);
  const labels = readHead(join(folder, 'train_labels.npy'), count).data as Uint8Array;
  const [, channels, height] = images.shape;
  const isCrop = height === CROP_SIZE || images.data instanceof Uint8Array;
  if (channels !== CHANNEL_COUNT || !isCrop) return null;
  const pixels = readPixels({ images, labels, count });
  return {
    node,
    info,
    labels: [...labels].map((label) => info.classes[label] ?? String(label)),
    picture: encodeStrip(pixels, count),
  };
}

/** The first `count` items of an array in a file, of those that this project writes. @throws where it is another */
function readHead(path: string, count: number) {
  const fd = openSync(path, 'r');
  try {
    const read = (length: number, position: number) => {
      const bytes = Buffer.alloc(length);
      if (readSync(fd, bytes, 0, length, position) < length) throw new Error(`${path} is short`);
      return bytes;
    };
    const prefix = 10;
    const length = read(prefix, 0).readUInt16LE(8);
    const header = read(length, prefix).toString('latin1');
    const [, type] = /'descr': '([|<]\w\d)'/.exec(header) ?? [];
    const [, tuple = ''] = /'shape': \(([\d, ]*)\)/.exec(header) ?? [];
    const [, ...item] = tuple
      .split(',')
      .flatMap((text) => (text.trim() === '' ? [] : Number(text)));
    const values = count * item.reduce((product, one) => product * one, 1);
    const start = prefix + length;
    const shape = [count, ...item];
    if (type === '|u1') return { shape, data: new Uint8Array(read(values, start)) };
    if (type !== '<f4') throw new Error(`${path} holds neither bytes nor floats`);
    const bytes = read(4 * values, start);
    return {
      shape,
      data: Float32Array.from({ length: values }, (_, i) => bytes.readFloatLE(4 * i)),
    };
  } finally {
    closeSync(fd);
  }
}

/** Images side by side as a data URL. @param pixels [N, 3, 28, 28] */
function encodeStrip(pixels: Uint8Array, count: number): string {
  const strip = new Uint8Array(count * CHANNEL_COUNT * CROP_PIXELS);
  for (let i = 0; i < strip.length; i += 1) {
    const channel = i % CHANNEL_COUNT;
    const place = Math.floor(i / CHANNEL_COUNT);
    const [row, column] = [Math.floor(place / (count * CROP_SIZE)), place % (count * CROP_SIZE)];
    const image = Math.floor(column / CROP_SIZE);
    const from = (image * CHANNEL_COUNT + channel) * CROP_PIXELS;
    strip[i] = pixels[from + row * CROP_SIZE + (column % CROP_SIZE)] ?? 0;
  }
  const png = encodePng(strip, count * CROP_SIZE, CROP_SIZE);
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
