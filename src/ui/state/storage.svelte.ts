/** The room that the browser gives to this page. */
export class StorageState {
  #usedBytes = $state<number | null>(null);
  #quotaBytes = $state<number | null>(null);
  #persisted = $state<boolean | null>(null);

  /** Of all that the page keeps, Octet's own files for use without a network included; null where the browser does not tell. */
  get usedBytes(): number | null {
    return this.#usedBytes;
  }
  get quotaBytes(): number | null {
    return this.#quotaBytes;
  }
  /** Whether the browser never clears it by itself; null where it does not tell. */
  get persisted(): boolean | null {
    return this.#persisted;
  }

  async refresh(): Promise<void> {
    try {
      const storage = storageManager();
      const { usage = null, quota = null } = (await storage?.estimate()) ?? {};
      this.#usedBytes = usage;
      this.#quotaBytes = quota;
      this.#persisted = (await storage?.persisted()) ?? null;
    } catch {
      // A browser that keeps nothing for the page does not tell.
      this.#persisted = null;
    }
  }

  /** Asks the browser to keep everything; some ask the user in turn, others decide by how the page is used. */
  async askToPersist(): Promise<void> {
    try {
      this.#persisted = (await storageManager()?.persist()) ?? null;
    } catch {
      this.#persisted = null;
    }
  }
}

/** Pages that came over an insecure connection have none, whatever the types say. */
function storageManager(): StorageManager | undefined {
  return (navigator as Partial<Navigator>).storage;
}
