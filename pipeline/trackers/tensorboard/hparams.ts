/**
 * What TensorBoard's plugin HParams reads: the hyper-parameters of a session, and how it ended.
 * {@link https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/hparams/plugin_data.proto}
 */

import type { Json, JsonObject } from '../../contract/values.ts';
import type { ItemStatus } from '../item.ts';
import { pluginRecord } from './event-records.ts';
import { Proto } from './proto.ts';

const PLUGIN = 'hparams';
/** Fields of `google.protobuf.Value`. */
const NUMBER = 2;
const STRING = 3;
const BOOL = 4;
/** `Status` of `api.proto`. */
const STATUSES: Readonly<Record<ItemStatus, number>> = { finished: 1, failed: 2, interrupted: 0 };

/**
 * The record of a session's start.
 *
 * @param time milliseconds since the epoch
 */
export function sessionStart(time: number, params: JsonObject, group: string): Uint8Array {
  const start = new Proto();
  for (const [name, value] of Object.entries(params)) {
    start.message(1, new Proto().text(1, name).message(2, toValue(value)));
  }
  start.text(4, group).double(5, time / 1000);
  // The version is 0, which protobuf leaves out.
  return pluginRecord(time, '_hparams_/session_start_info', PLUGIN, new Proto().message(3, start));
}

/** The record of its end. */
export function sessionEnd(time: number, status: ItemStatus): Uint8Array {
  const end = new Proto().count(1, STATUSES[status]).double(2, time / 1000);
  return pluginRecord(time, '_hparams_/session_end_info', PLUGIN, new Proto().message(4, end));
}

/** Lists and null as JSON text: the plugin takes numbers, texts and booleans. */
function toValue(value: Json): Proto {
  if (typeof value === 'number') return new Proto().double(NUMBER, value);
  if (typeof value === 'boolean') return new Proto().count(BOOL, value ? 1 : 0);
  return new Proto().text(STRING, typeof value === 'string' ? value : JSON.stringify(value));
}
