/** Versions of the program, as Semantic Versioning orders them. */

const form = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z]+(?:\.[0-9A-Za-z]+)*))?$/;

export function isVersion(text: string): boolean {
  return form.test(text);
}

function compareTags(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  // What has no tag comes after all that have.
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  const [ours, theirs] = [a.split('.'), b.split('.')];
  for (const [index, part] of ours.entries()) {
    const other = theirs[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    const [n, m] = [part, other].map((text) => (/^\d+$/.test(text) ? Number(text) : null));
    if (n !== null && m !== null && n !== undefined && m !== undefined) return n - m;
    if (n !== null || m !== null) return n !== null ? -1 : 1;
    return part < other ? -1 : 1;
  }
  return ours.length - theirs.length;
}

/** Below 0 when `a` is older than `b`. Both are versions. */
export function compareVersions(a: string, b: string): number {
  const [ours, theirs] = [form.exec(a), form.exec(b)];
  for (const part of [1, 2, 3]) {
    const difference = Number(ours?.[part]) - Number(theirs?.[part]);
    if (difference !== 0) return difference;
  }
  return compareTags(ours?.[4], theirs?.[4]);
}
