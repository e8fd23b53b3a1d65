import { describe, expect, it } from 'vitest';
import { blocksOf, boxGraph, openAtFirst, type OpGraph } from './blocks.ts';

const chain = (names: readonly string[]): OpGraph => ({
  names,
  edges: names.slice(1).map((_, i) => [i, i + 1] as const),
});
const layer = (at: number): string[] =>
  ['q/MatMul', 'k/MatMul', 'Softmax', 'Add', 'Norm'].map((op) => `/b/b.${at}/${op}`);
const encoder = chain(['/p/Conv', ...layer(0), ...layer(1), ...layer(2), '/head/Gemm']);

describe('blocksOf', () => {
  it('finds nested blocks of some ops, and none of all', () => {
    const blocks = blocksOf(encoder);
    expect(blocks[0]).toEqual([]);
    expect(blocks[1]).toEqual(['/b', '/b/b.0']);
    expect(blocks[3]).toEqual(['/b', '/b/b.0']);
    expect(blocksOf(chain(layer(0)))[0]).toEqual([]);
  });

  it('leaves out scopes that hold one other and nothing else', () => {
    const names = ['in', ...layer(0).map((name) => `/model${name}`)];
    expect(blocksOf(chain(names))[1]).toEqual(['/model/b/b.0']);
  });
});

describe('boxGraph', () => {
  it('draws closed blocks as one box, and each edge between boxes once', () => {
    const graph = { ...encoder, edges: [...encoder.edges, [1, 6] as const] };
    const { boxes, edges } = boxGraph(graph, blocksOf(graph), new Set(['/b']));
    expect(boxes.map(({ block, ops }) => [block, ops.length])).toEqual([
      [null, 1],
      ['/b/b.0', 5],
      ['/b/b.1', 5],
      ['/b/b.2', 5],
      [null, 1],
    ]);
    expect(edges).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
  });
});

describe('openAtFirst', () => {
  it('opens all of a small model', () => {
    expect(openAtFirst(encoder, blocksOf(encoder)).size).toBe(4);
  });

  it('keeps what can be read: repeated blocks of a large model stay closed', () => {
    const large = chain(['in', ...Array.from({ length: 50 }, (_, i) => layer(i)).flat(), 'out']);
    const open = openAtFirst(large, blocksOf(large));
    expect(open.has('/b')).toBe(true);
    expect(open.size).toBe(1);
    const { boxes } = boxGraph(large, blocksOf(large), open);
    expect(boxes.length).toBe(52);
  });
});
