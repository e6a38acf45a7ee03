/** Lines of event logs → events, of whatever version of this program: nothing of the disk, so that a browser can do it too. */

import { isJsonObject } from '../pipeline-file/types.ts';

/** An event of a log, of any version of this program: its members may be anything. */
export type LoggedEvent = Readonly<Record<string, unknown>> & {
  readonly type: string;
  readonly time: number;
};

/** The events of a log; lines that a crash cut off, or that say nothing, are passed over. */
export function readEventLines(text: string): readonly LoggedEvent[] {
  return text.split('\n').flatMap((line) => readEventLine(line) ?? []);
}

/** The event of a line; null where it is none. */
export function readEventLine(line: string): LoggedEvent | null {
  if (line === '') return null;
  try {
    const value: unknown = JSON.parse(line);
    const { type, time } = Object(value) as Record<string, unknown>;
    return typeof type === 'string' && typeof time === 'number' ? (value as LoggedEvent) : null;
  } catch {
    return null;
  }
}

/** A member that is text; null where it is not. */
export function textMember(event: LoggedEvent | null, name: string): string | null {
  const value = event?.[name];
  return typeof value === 'string' ? value : null;
}

/** A member that is a number; null where it is not. */
export function numberMember(event: LoggedEvent | null, name: string): number | null {
  const value = event?.[name];
  return typeof value === 'number' ? value : null;
}

/** A member that is true or false; null where it is neither. */
export function booleanMember(event: LoggedEvent | null, name: string): boolean | null {
  const value = event?.[name];
  return typeof value === 'boolean' ? value : null;
}

/** A member that is a list of texts; null where it is not. */
export function textsMember(event: LoggedEvent | null, name: string): readonly string[] | null {
  const value = event?.[name];
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : null;
}

/** A member that is an object; empty where it is not. */
export function objectMember(event: LoggedEvent, name: string) {
  const value = event[name];
  return isJsonObject(value as never) ? (value as Readonly<Record<string, never>>) : {};
}

/** What a stage reported, of an event that passes it on: its members may be anything, its type too. */
export function innerEvent(event: LoggedEvent): LoggedEvent {
  const inner = objectMember(event, 'event');
  return { ...inner, type: String(inner['type']), time: event.time };
}
