/** A message with the same fields; its prototype holds the defaults of unset fields, so a spread would lose them. */
export function copyMessage<T extends object>(message: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(message) as object) as T, message);
}
