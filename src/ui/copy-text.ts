/**
 * Copies a text that is still being made; false where the browser does not let it. To be called in the click itself: WebKit
 * allows no copy that begins after a wait, but waits for the text of one that has begun.
 */
export async function copyText(text: Promise<string>): Promise<boolean> {
  try {
    if ('ClipboardItem' in globalThis) {
      const blob = text.then((made) => new Blob([made], { type: 'text/plain' }));
      await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
    } else await navigator.clipboard.writeText(await text);
    return true;
  } catch {
    return false;
  }
}
