import { expect, it } from 'vitest';
import { withoutToken } from './token.ts';

const SECRET = 'QX7-secret-token';
const around = (value: string): string =>
  `tuning:\n  strategy:\n    name: sigopt\n    sigopt_api_token: ${value}\n  random_seed: 1\n`;

it.each([
  ['bare', around(SECRET)],
  ['in double quotes', around(`"${SECRET}"`)],
  ['in single quotes', around(`'${SECRET}' # mine`)],
  ['in flow style', `tuning: {strategy: {name: sigopt, sigopt_api_token: ${SECRET}, sigopt_project_id: p}}`],
  ['last in flow style', `tuning: {strategy: {name: sigopt, "sigopt_api_token": "${SECRET}"}}`],
  ['as a block', around(`|\n      ${SECRET}`)],
  ['behind an alias', `tuning:\n  random_seed: &t ${SECRET}\n  strategy: {name: sigopt, sigopt_api_token: *t }`],
])('takes the token %s out of a configuration', (_, text) => {
  const { text: rest, token } = withoutToken(text);
  expect(token).toBe(SECRET);
  expect(rest).not.toContain(SECRET);
  expect(rest.split('\n')).toHaveLength(text.split('\n').length);
});

it('takes it out of comments and of text that is no YAML', () => {
  expect(withoutToken(`# sigopt_api_token: ${SECRET}\n${around('')}`)).toEqual({
    text: `# sigopt_api_token:\n${around('')}`,
    token: null,
  });
  expect(withoutToken(`tuning: [\n sigopt_api_token: ${SECRET}`).text).not.toContain(SECRET);
});

it('leaves every other configuration as it is', () => {
  expect(withoutToken('tuning: {random_seed: 1}')).toEqual({ text: 'tuning: {random_seed: 1}', token: null });
});
