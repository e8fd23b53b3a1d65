/** The words of the page's status region, read out by assistive tools. */
export class Announcer {
  #text = $state('Ready');

  get text(): string {
    return this.#text;
  }

  say(text: string): void {
    this.#text = text;
  }
}
