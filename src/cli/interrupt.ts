/** Exit code of a process that ends by SIGINT, as shells count it. */
const INTERRUPTED = 130;

/**
 * Calls `stop` at the first SIGINT or SIGTERM, which should end the work softly; a second one ends the process at once.
 * Returns what takes the listeners away.
 */
export function onInterrupt(stop: () => void): () => void {
  let asked = false;
  const listener = (): void => {
    if (asked) process.exit(INTERRUPTED);
    asked = true;
    process.stderr.write('\nStopping after the step in hand; once more ends at once.\n');
    stop();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
}
