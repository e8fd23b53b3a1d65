/**
 * Runs a generator to its end, each step as a task of its own: what takes long must not hold the page up. Returns what gives it up.
 */
export function inTasks<T>(steps: Generator<void, T>, onEnd: (result: T) => void): () => void {
  let timer = setTimeout(go);
  function go(): void {
    const { done, value } = steps.next();
    if (done) onEnd(value);
    else timer = setTimeout(go);
  }
  return () => clearTimeout(timer);
}
