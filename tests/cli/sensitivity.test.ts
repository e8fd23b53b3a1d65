import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sensitivity } from '../../src/tuning/sensitivity.ts';
import { octet, scratch, tuneArguments } from './octet.ts';
import { historyOf } from './results.ts';

const sensitivityOf = (folder: string): Sensitivity | undefined =>
  (historyOf(folder) as ReturnType<typeof historyOf> & { sensitivity?: Sensitivity }).sensitivity;

describe('octet tune --sensitivity', { timeout: 120_000 }, () => {
  it('measures after the search, or later by --resume, without a trial more', async () => {
    const output = scratch();
    const plain = await octet(...tuneArguments(output));
    expect(plain.code).toBe(0);
    expect(sensitivityOf(output)).toBeUndefined();
    const before = historyOf(output);

    const later = await octet(...tuneArguments(output), '--resume', '--sensitivity');
    expect(later.code).toBe(0);
    const found = sensitivityOf(output)!;
    expect(found.ops.length).toBeGreaterThan(0);
    expect(later.stdout).toContain(`most sensitive in int8: ${found.ops[0]!.op}`);
    expect(readFileSync(join(output, 'report.html'), 'utf8')).toContain('Sensitivity');
    const after = historyOf(output);
    expect(after.trials).toEqual(before.trials);
    expect([after.best, after.stopReason, after.met]).toEqual([before.best, before.stopReason, before.met]);

    const atOnce = scratch();
    expect((await octet(...tuneArguments(atOnce), '--sensitivity')).code).toBe(0);
    expect(sensitivityOf(atOnce)).toEqual(found);
  });
});
