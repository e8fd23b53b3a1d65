import { expect, it } from 'vitest';
import type { Json } from '../base/canonical-json.ts';
import { JournalNotes } from './journal-notes.ts';

it('makes a note once, stores it, and gives a resumed run the same', async () => {
  const saved: Record<string, Json> = {};
  const store = { saveNote: async (key: string, value: Json): Promise<void> => void (saved[key] = value) };
  const first = new JournalNotes({}, store);
  let made = 0;
  const make = async (): Promise<number> => ++made;
  expect(await first.recall('a', make)).toBe(1);
  expect(await first.recall('a', make)).toBe(1);
  expect(saved).toEqual({ a: 1 });
  expect(await new JournalNotes(saved, store).recall('a', make)).toBe(1);
  expect(made).toBe(1);
});

it('stores nothing where making fails, so that the next call tries again', async () => {
  const saved: Record<string, Json> = {};
  const notes = new JournalNotes({}, { saveNote: async (key, value) => void (saved[key] = value) });
  await expect(notes.recall('a', () => Promise.reject(new Error('offline')))).rejects.toThrow('offline');
  expect(saved).toEqual({});
  expect(await notes.recall('a', async () => null)).toBeNull();
  expect(saved).toEqual({ a: null });
});
