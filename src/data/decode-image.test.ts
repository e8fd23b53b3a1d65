import { expect, it } from 'vitest';
import { blobSource } from './byte-source.ts';
import { decodeImage } from './decode-image.ts';
import type { Sample } from './sample.ts';

/** Pictures of 3 × 2 pixels written by Pillow. */
const PNG = {
  gray8: 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAEElEQVR4nGNkMDJimHbiFwAGggK+LjRbnQAAAABJRU5ErkJggg==',
  rgb8: 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAGElEQVR4nGNk4JPR0tLS0tJirOuZBWEBACDKA8nJD4irAAAAAElFTkSuQmCC',
  rgba8: 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAYAAACddGYaAAAAFklEQVR4nGNk4BKR04ACxoqmnmkwDgA3BQTbR51WigAAAABJRU5ErkJggg==',
  grayalpha8:
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAQAAAA3fa6RAAAAFklEQVR4nGNkENHQ0NBgrOjR0NDQAAAOHwJbU3oqZQAAAABJRU5ErkJggg==',
  gray16:
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACEAAAAADoj+WFAAAAFklEQVR4nGNkYDA2NjZmmDnzzJn//wEW0gWWM1Vt+wAAAABJRU5ErkJggg==',
  bit1: 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAQAAAAC1D1u3AAAADElEQVR4nGNYwKAAAAIEAME0wyijAAAAAElFTkSuQmCC',
  palette2:
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAgMAAADgGo6JAAAADFBMVEUKFB4oMjxGUFrIZACyG8JfAAAADElEQVR4nGOQYDgCAAEQAN0R5Q8iAAAAAElFTkSuQmCC',
};

const JPEG =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAgACADAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD5Pr4c/wBTAoA+mK88/wCY8KAPmevQP+nAKAPpivPP+Y8KAPn+v0g/0kCgD+hSv8Hz9QCgD+euv94D8vCgD+hSv8Hz9QCgD//Z';

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const decode = (bytes: Uint8Array<ArrayBuffer>): Promise<Sample> =>
  decodeImage(blobSource('a/1.png', 'a', new Blob([bytes])));
const steps = (count: number, step: number): number[] => Array.from({ length: count }, (_, i) => i * step);

it.each([
  ['gray8', 1, steps(6, 50)],
  ['rgb8', 3, steps(18, 14)],
  ['rgba8', 4, steps(24, 10)],
  ['grayalpha8', 2, steps(12, 20)],
  ['gray16', 1, steps(6, 51)],
  ['bit1', 1, [255, 0, 255, 0, 0, 255]],
  ['palette2', 3, [10, 20, 30, 40, 50, 60, 70, 80, 90, 200, 100, 0, 10, 20, 30, 40, 50, 60]],
] as const)('decodes %s', async (name, channels, expected) => {
  const { type, dims, data } = await decode(bytesOf(PNG[name]));
  expect(dims).toEqual([2, 3, channels]);
  expect([...data]).toEqual(expected);
  expect(type).toBe(name === 'gray16' ? 'float32' : 'uint8');
});

it('decodes JPEG within rounding of Pillow', async () => {
  const { dims, data } = await decode(bytesOf(JPEG));
  expect(dims).toEqual([32, 32, 3]);
  const expected = { 264: [200, 30, 59], 280: [20, 180, 90], 776: [90, 90, 90], 792: [251, 250, 10] };
  for (const [pixel, colour] of Object.entries(expected)) {
    colour.forEach((value, c) => expect(Math.abs(data[Number(pixel) * 3 + c]! - value)).toBeLessThanOrEqual(2));
  }
});

it('refuses what is cut off or no picture', async () => {
  await expect(decode(bytesOf(PNG.rgb8).slice(0, 50))).rejects.toMatchObject({ code: 'data-unreadable' });
  await expect(decode(bytesOf(JPEG).slice(0, 200))).rejects.toMatchObject({ code: 'data-unreadable' });
  await expect(decode(new TextEncoder().encode('GIF89a..........'))).rejects.toMatchObject({
    code: 'data-format-unknown',
  });
});
