/** Looks at data of unknown origin: files and links come from anywhere. */
export type Check = (value: unknown) => boolean;

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isText: Check = (value) => typeof value === 'string';
export const isNumber: Check = (value) => Number.isFinite(value);
export const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
export const isFlag: Check = (value) => typeof value === 'boolean';
export const isTrue: Check = (value) => value === true;
/** That `Date` can read. */
export const isDate: Check = (value) => typeof value === 'string' && Number.isFinite(Date.parse(value));

export const oneOf =
  (...accepted: readonly (string | number)[]): Check =>
  (value) =>
    accepted.includes(value as string);

export const optional =
  (isRight: Check): Check =>
  (value) =>
    value === undefined || isRight(value);

export const nullable =
  (isRight: Check): Check =>
  (value) =>
    value === null || isRight(value);

export const listOf =
  (isRight: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(isRight);

/** A list in which no two members have the same key. */
export const distinct =
  (isRight: Check, keyOf: (member: never) => unknown): Check =>
  (value) =>
    listOf(isRight)(value) && new Set((value as never[]).map(keyOf)).size === (value as never[]).length;

export const mapOf =
  (isRight: Check): Check =>
  (value) =>
    isMap(value) && Object.values(value).every(isRight);

export const record =
  (parts: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isMap(value) && Object.entries(parts).every(([name, isRight]) => isRight(value[name]));

export const isNumbers: Check = listOf(isNumber);
