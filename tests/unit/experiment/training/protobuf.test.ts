import { describe, expect, it } from 'vitest';
import { MessageWriter } from '../../../../experiment/training/onnx/protobuf.ts';

const hex = (message: MessageWriter): string => Buffer.from(message.finish()).toString('hex');

describe("protobuf's wire format", () => {
  it("encodes the examples of protobuf's documentation", () => {
    expect(hex(new MessageWriter().integer(1, 150))).toBe('089601');
    expect(hex(new MessageWriter().string(2, 'testing'))).toBe('120774657374696e67');
    const inner = new MessageWriter().integer(1, 150);
    expect(hex(new MessageWriter().message(3, inner))).toBe('1a03089601');
  });

  it('encodes negative integers in ten bytes, floats in four, and large field numbers', () => {
    expect(hex(new MessageWriter().integer(1, -1))).toBe('08ffffffffffffffffff01');
    expect(hex(new MessageWriter().float(2, 1.5))).toBe('150000c03f');
    expect(hex(new MessageWriter().integer(20, 7))).toBe('a00107');
  });

  it('measures strings in bytes of UTF-8', () => {
    expect(hex(new MessageWriter().string(1, 'é'))).toBe('0a02c3a9');
  });
});
