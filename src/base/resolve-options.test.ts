import { describe, expect, it } from 'vitest';
import { Fault } from './fault.ts';
import type { OptionSchema } from './options.ts';
import { resolveOptions } from './resolve-options.ts';

const schema: OptionSchema = {
  size: { type: 'integers', help: 'Width and height.', min: 1 },
  mean: { type: 'numbers', help: 'Mean per channel.', default: [0] },
  method: { type: 'string', help: 'Interpolation.', default: 'bilinear', allowed: ['bilinear', 'nearest'] },
  space: { type: 'integer', help: 'Class of the space.', default: null },
};

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (thrown) {
    return thrown instanceof Fault ? thrown.code : 'not a fault';
  }
  return undefined;
}

describe('resolveOptions', () => {
  it('fills in defaults and wraps bare values of list options', () => {
    expect(resolveOptions(schema, { size: 224 }, 'Resize')).toEqual({
      size: [224],
      mean: [0],
      method: 'bilinear',
      space: null,
    });
  });

  it('reads comma-separated numbers', () => {
    expect(resolveOptions(schema, { size: '64, 256', mean: '0.5,0.25' }, 'Resize')).toMatchObject({
      size: [64, 256],
      mean: [0.5, 0.25],
    });
  });

  it('refuses unknown keys and names the nearest', () => {
    try {
      resolveOptions(schema, { size: 1, metod: 'nearest' }, 'Resize');
      expect.unreachable();
    } catch (thrown) {
      expect((thrown as Fault).code).toBe('config-unknown-key');
      expect((thrown as Fault).details.next).toContain('method');
    }
  });

  it.each([
    { size: 0 },
    { size: 1.5 },
    { size: [] },
    { size: '3,,4' },
    { size: 1, method: 'cubic' },
    { size: 1, mean: NaN },
  ])('refuses %j', (given) => {
    expect(codeOf(() => resolveOptions(schema, given, 'Resize'))).toBe('config-invalid-value');
  });

  it('asks for what has no default', () => {
    expect(codeOf(() => resolveOptions(schema, {}, 'Resize'))).toBe('config-missing-key');
  });
});
