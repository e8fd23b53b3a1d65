type Json = Record<string, unknown>;

/** What the server answers instead of doing what it is asked. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Declared {
  readonly bounds: ReadonlyMap<string, { readonly min: number; readonly max: number }>;
  readonly metrics: readonly string[];
}

/** The rules for a new experiment. */
export function checkExperiment(body: Json, projects: ReadonlySet<string>): Declared {
  only(
    body,
    ['name', 'project', 'observation_budget', 'parallel_bandwidth', 'parameters', 'metrics', 'metadata'],
    'experiment',
  );
  checkName(body['name']);
  checkMetadata(body['metadata']);
  const { project, observation_budget: budget } = body;
  if (project !== undefined && !projects.has(String(project))) refuse(`no project ${String(project)}`);
  if (budget !== undefined && !(Number.isInteger(budget) && Number(budget) > 0)) refuse('bad observation_budget');
  const parameters = list(body['parameters'], 'parameters');
  const bounds = new Map(parameters.map(checkParameter));
  if (bounds.size !== parameters.length || bounds.size === 0) refuse('parameters must differ');
  const metrics = list(body['metrics'], 'metrics');
  const optimized = metrics.filter(({ strategy }) => strategy === 'optimize');
  if (optimized.length > 2) refuse('at most two optimized metrics');
  for (const metric of metrics) checkMetric(metric, optimized.length, budget !== undefined);
  return { bounds, metrics: metrics.map(({ name }) => String(name)) };
}

/** The rules for an observation. */
export function checkObservation(
  body: Json,
  { bounds, metrics }: Declared,
  suggestion: { readonly state: string } | undefined,
): void {
  only(body, ['suggestion', 'assignments', 'values', 'failed', 'metadata', 'no_optimize'], 'observation');
  checkMetadata(body['metadata']);
  if ('suggestion' in body === 'assignments' in body) refuse('exactly one of suggestion and assignments');
  if ('suggestion' in body && suggestion?.state !== 'open') refuse('the suggestion is not open');
  if ('assignments' in body) checkAssignments(body['assignments'] as Json, bounds);
  if (body['failed'] === true) {
    if ('values' in body) refuse('a failed observation has no values');
    return;
  }
  const values = list(body['values'], 'values');
  for (const value of values) {
    only(value, ['name', 'value', 'value_stddev'], 'value');
    if (!Number.isFinite(value['value'])) refuse(`value of ${String(value['name'])} must be a number`);
    if ('value_stddev' in value && !(Number(value['value_stddev']) > 0)) refuse('value_stddev must be above 0');
  }
  const given = values.map(({ name }) => String(name)).sort();
  if (given.join() !== [...metrics].sort().join())
    refuse(`values of ${given.join()}; the metrics are ${metrics.join()}`);
}

function checkParameter(parameter: Json): [string, { min: number; max: number }] {
  only(parameter, ['name', 'type', 'bounds'], 'parameter');
  checkName(parameter['name']);
  if (parameter['type'] !== 'int') refuse('this test knows int parameters');
  const { min, max } = parameter['bounds'] as { min: number; max: number };
  if (!Number.isInteger(min) || !Number.isInteger(max) || !(min < max)) refuse('bounds: min must be below max');
  return [String(parameter['name']), { min, max }];
}

function checkMetric(metric: Json, optimized: number, hasBudget: boolean): void {
  only(metric, ['name', 'objective', 'strategy', 'threshold'], 'metric');
  checkName(metric['name']);
  if (!['maximize', 'minimize'].includes(String(metric['objective']))) refuse('bad objective');
  const hasThreshold = Number.isFinite(metric['threshold']);
  if (metric['strategy'] === 'constraint') {
    if (!hasThreshold) refuse('a constraint needs a threshold');
    if (!hasBudget) refuse('a constraint needs an observation_budget');
  } else if (metric['strategy'] === 'optimize') {
    if (hasThreshold && optimized < 2) refuse('a threshold needs two optimized metrics');
  } else refuse('bad strategy');
}

function checkAssignments(assignments: Json, bounds: Declared['bounds']): void {
  only(assignments, [...bounds.keys()], 'assignments');
  for (const [name, { min, max }] of bounds) {
    const value = assignments[name];
    if (!Number.isInteger(value) || Number(value) < min || Number(value) > max) refuse(`${name} is out of bounds`);
  }
}

function checkName(name: unknown): void {
  if (typeof name !== 'string' || name === '' || name.length > 100) refuse('a name has 1 to 100 characters');
}

function checkMetadata(metadata: unknown): void {
  if (metadata !== undefined && JSON.stringify(metadata).length > 500) refuse('metadata: at most 500 characters');
}

function only(map: Json, known: readonly string[], what: string): void {
  const unknown = Object.keys(map).filter((key) => !known.includes(key));
  if (unknown.length > 0) refuse(`${what}: unknown keys ${unknown.join()}`);
}

function list(value: unknown, what: string): readonly Json[] {
  if (!Array.isArray(value)) refuse(`${what} must be a list`);
  return value as readonly Json[];
}

function refuse(message: string): never {
  throw new Refusal(400, message);
}
