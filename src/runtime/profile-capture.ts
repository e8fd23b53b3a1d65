/** Takes the lines that ONNX Runtime prints when a profiled session ends: it has no other way to hand a profile over. */
export class ProfileCapture {
  #lines: string[] | null = null;

  /** Told of everything that is printed; true for what belongs to a profile and need not appear. */
  takes(text: string): boolean {
    if (this.#lines === null) return false;
    this.#lines.push(...text.split('\n'));
    return true;
  }

  /** What is printed while `act` runs. */
  during(act: () => void): string[] {
    const lines: string[] = [];
    this.#lines = lines;
    try {
      act();
    } finally {
      this.#lines = null;
    }
    return lines;
  }
}
