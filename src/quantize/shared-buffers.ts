/** Groups of tensors that lie in the same memory. */
export class SharedBuffers {
  readonly #parents = new Map<string, string>();

  /** The name that stands for all tensors in the same memory. */
  of(name: string): string {
    let root = name;
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root)) root = parent;
    return root;
  }

  join(a: string, b: string): void {
    const [left, right] = [this.of(a), this.of(b)];
    if (left !== right) this.#parents.set(right, left);
  }
}
