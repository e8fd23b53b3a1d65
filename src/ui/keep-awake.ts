/**
 * Keeps the screen on until the returned function is called, where the browser has screen wake locks and allows one (it may
 * not on a low battery). Browsers release the lock of a page that is hidden; it is taken again when the page is back.
 */
export function keepAwake(): () => void {
  let over = false;
  let lock: WakeLockSentinel | null = null;

  async function take(): Promise<void> {
    if (over || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    try {
      const taken = await navigator.wakeLock.request('screen');
      if (over) await taken.release();
      else lock = taken;
    } catch {
      // Not allowed: tuning goes on all the same.
    }
  }
  const onVisibility = (): void => void take();

  document.addEventListener('visibilitychange', onVisibility);
  void take();
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', onVisibility);
    void lock?.release();
  };
}
