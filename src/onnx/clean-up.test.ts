import { describe, expect, it } from 'vitest';
import { cleanUp } from './clean-up.ts';
import { decodeModel } from './decode.ts';
import { floats } from './tensor-proto.ts';
import { buildGraph, buildModel } from './testing/build-model.ts';
import { CASE_NAMES, caseFeeds, caseModelBytes } from './testing/cases.ts';
import { worstDifference } from './testing/compare-tensors.ts';
import { runModel } from './testing/run-model.ts';

describe.skipIf(CASE_NAMES.length === 0)('cases', () => {
  it.each(CASE_NAMES)('%s computes the same after clean-up', async (name) => {
    const { graph, warnings } = cleanUp(decodeModel(caseModelBytes(name)));
    expect(warnings).toEqual([]);
    const feeds = await caseFeeds(name, 4);
    const before = await runModel(decodeModel(caseModelBytes(name)), feeds);
    expect(worstDifference(await runModel(graph.model, feeds), before)).toBeLessThan(1e-4);
  });

  it.each(['text-direction', 'text-recognition'])('%s is raised and folded', (name) => {
    const { graph } = cleanUp(decodeModel(caseModelBytes(name)));
    expect(graph.opset()).toBe(13);
    const opTypes = new Set(graph.nodes.map(({ opType }) => opType));
    expect([...opTypes]).not.toContain('BatchNormalization');
    expect([...opTypes]).not.toContain('Constant');
    for (const node of graph.nodes) {
      if (node.opType === 'Conv') expect(graph.initializer(node.input[1]!)?.dims).toHaveLength(4);
    }
  });

  it.each(CASE_NAMES)('%s is cleaned up the same twice', (name) => {
    const { graph } = cleanUp(decodeModel(caseModelBytes(name)));
    const names = graph.nodes.map((node) => node.name);
    expect(new Set(names).size).toBe(names.length);
    expect(cleanUp(decodeModel(caseModelBytes(name))).graph.nodes.map((node) => node.name)).toEqual(names);
    expect(cleanUp(graph.clone().model).graph.nodes.map((node) => node.name)).toEqual(names);
  });
});

describe('cleanUp', () => {
  const body = (opType: string, output: string) =>
    buildGraph({ nodes: [{ opType, input: ['a'], output: [output] }], outputs: { [output]: {} } });

  it('says what it leaves alone', () => {
    const model = buildModel({
      nodes: [
        { opType: 'Relu', input: ['x'], output: ['a'] },
        {
          opType: 'If',
          input: ['flag'],
          output: ['b'],
          attributes: { then_branch: body('Neg', 'yes'), else_branch: body('Identity', 'no') },
        },
        { opType: 'Mystery', domain: 'example', input: ['b'], output: ['y'] },
      ],
      inputs: { x: { dims: [2] }, flag: { type: 'bool', dims: [] } },
      outputs: { y: {} },
    });
    const { graph, warnings } = cleanUp(model);
    expect(warnings.map(({ code }) => code)).toEqual(['body-left-alone', 'operator-unknown']);
    expect(graph.producer('b')!.attribute[1]!.g!.node[0]!.opType).toBe('Identity');
  });

  it('keeps weights that stay as they are views of the model', () => {
    const weight = floats('w', new Array<number>(32).fill(1), [8, 4]);
    const model = buildModel({
      nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
      inputs: { x: { dims: ['N', 8] } },
      outputs: { y: {} },
      initializers: [weight],
    });
    expect(cleanUp(model).graph.initializer('w')!.rawData.buffer).toBe(weight.rawData.buffer);
  });
});
