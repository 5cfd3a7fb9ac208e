/** The live side of the panel: one event stream, opened again for as long as the page is shown. */
import type { Overview, ShotView } from '../contract.ts';

export interface LiveListener {
  overview(overview: Overview): void;
  shot(machine: string, shot: ShotView): void;
  opened(): void;
  /** The stream broke or was refused; it is tried again by itself. */
  lost(): void;
}

const againMs = 1000;
/** A connection that has said nothing for so long is dead, whatever the browser thinks of it. */
const deadMs = 10_000;

/** Returns how to end it. */
export function followLive(listener: LiveListener): () => void {
  let source: EventSource | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  let heardAt = performance.now();

  const drop = (): void => {
    source?.close();
    source = null;
    listener.lost();
    clearTimeout(again);
    again = setTimeout(connect, againMs);
  };
  const hear = (use: (data: unknown) => void) => (event: MessageEvent<string>) => {
    heardAt = performance.now();
    use(JSON.parse(event.data));
  };
  const connect = (): void => {
    heardAt = performance.now();
    source = new EventSource('/events');
    source.addEventListener('open', () => {
      heardAt = performance.now();
      listener.opened();
    });
    source.addEventListener('error', drop);
    source.addEventListener(
      'overview',
      hear((data) => listener.overview(data as Overview)),
    );
    source.addEventListener(
      'shot',
      hear((data) => {
        const { machine, shot } = data as { machine: string; shot: ShotView };
        listener.shot(machine, shot);
      }),
    );
  };
  const watch = setInterval(() => {
    if (source !== null && performance.now() - heardAt > deadMs) drop();
  }, againMs);
  connect();
  return () => {
    clearInterval(watch);
    clearTimeout(again);
    source?.close();
  };
}
