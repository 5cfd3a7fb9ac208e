/** A screen that is never turned off would show the pages of an agent long replaced. */

const ownScript = document.querySelector('script[src]')?.getAttribute('src') ?? null;

/** Loads the page anew where the server has another one by now. */
export async function renewIfOld(): Promise<void> {
  if (ownScript === null) return;
  let page: string;
  try {
    const response = await fetch('/', { cache: 'no-store' });
    if (!response.ok) return;
    page = await response.text();
  } catch {
    // The stream will be opened again, and this asked again.
    return;
  }
  if (!page.includes(`"${ownScript}"`)) location.reload();
}
