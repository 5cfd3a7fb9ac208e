/** What one page reads once, and again when the connection came back. */
import { useEffect, useState } from 'preact/hooks';
import type { Text } from '../../records.ts';
import { usePage } from './page.ts';

export interface Read<T> {
  readonly value: T | null;
  readonly problem: Text | null;
}

export function useRead<T>(path: string): Read<T> {
  const { api, pushed } = usePage();
  const [read, setRead] = useState<Read<T>>({ value: null, problem: null });
  useEffect(() => {
    let wanted = true;
    void api.get<T>(path).then((answer) => {
      if (!wanted) return;
      setRead((before) =>
        answer.ok
          ? { value: answer.value, problem: null }
          : { value: before.value, problem: answer.message },
      );
    });
    return () => {
      wanted = false;
    };
  }, [api, path, pushed.opened]);
  return read;
}
