/** Runs jobs one after another; a failed job must not fail the next one. */
export function serial(): <T>(job: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return (job) => {
    const next = tail.then(job, job);
    tail = next;
    return next;
  };
}
