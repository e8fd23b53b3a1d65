const SPLIT = '(?:calib(?:ration)?|train(?:ing)?|eval(?:uation)?|val(?:id(?:ation)?)?|test(?:ing)?|dev|hold_?out)';
const BEFORE = new RegExp(`^${SPLIT}[-_.](?=.)`, 'i');
const BEHIND = new RegExp(`(?<=.)[-_.]${SPLIT}$`, 'i');

/** The name of an array without the split that it is of: `x_test`, `train-x` and `x.val` are all `x`. */
export function withoutSplit(name: string): string {
  return name.replace(BEFORE, '').replace(BEHIND, '');
}

/** What has this name; else the only one that has it but for the split that it is of. */
export function findNamed<T extends { readonly name: string }>(all: readonly T[], name: string): T | undefined {
  const alike = (): readonly T[] => all.filter((each) => withoutSplit(each.name) === withoutSplit(name));
  return all.find((each) => each.name === name) ?? onlyOne(alike());
}

function onlyOne<T>(all: readonly T[]): T | undefined {
  return all.length === 1 ? all[0] : undefined;
}
