const PATIENCE_MS = 150_000;
/** WebDriver's code of the key. */
const ENTER = '\uE007';

/** What a person does on the page, through the driver of any browser. */
export class Page {
  #browser;
  #address;

  constructor(browser, address) {
    this.#browser = browser;
    this.#address = address;
  }

  /** Anew, as a reload. */
  open() {
    return this.#browser.go(this.#address);
  }

  text() {
    return this.#browser.run('return document.body.innerText');
  }

  /** The text that matches, once it is there. A fault on the way ends the wait. */
  async says(wanted) {
    for (const until = performance.now() + PATIENCE_MS; ;) {
      const found = wanted.exec(await this.text());
      if (found) return found[0];
      const fault = await this.#browser.run('return document.querySelector("#app [role=alert]")?.innerText');
      if (fault) throw new Error(fault);
      if (performance.now() > until) throw new Error(`Nothing says ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** Clicks the button of that name as a mouse does, which counts as a gesture of the user. */
  async press(name) {
    await this.#mark('button, summary', 'element.innerText.trim() === wanted', name);
    await this.#browser.click('[data-wanted]');
  }

  /** The same by the keyboard. */
  async enter(name) {
    await this.#mark('button, summary', 'element.innerText.trim() === wanted', name);
    await this.#browser.type('[data-wanted]', ENTER);
  }

  /** Chooses a file in the field of that label. */
  async choose(label, path) {
    await this.#mark('input', '[...element.labels].some((each) => each.innerText.trim() === wanted)', label);
    await this.#browser.type('[data-wanted]', path);
  }

  async #mark(kind, condition, wanted) {
    const found = await this.#browser.run(
      `const [kind, wanted] = arguments;
      document.querySelector('[data-wanted]')?.removeAttribute('data-wanted');
      const element = [...document.querySelectorAll(kind)].find((element) => ${condition});
      element?.setAttribute('data-wanted', '');
      return element !== undefined;`,
      kind,
      wanted,
    );
    if (!found) throw new Error(`Nothing is called “${wanted}”`);
  }

  downloaded(name) {
    return this.#browser.downloaded(name);
  }

  run(script) {
    return this.#browser.run(script);
  }
}
