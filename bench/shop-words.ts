/** The machine and the model that every benchmark uses, so that their figures can be compared. */
export const profile = 'die-casting-cold-chamber';
export const model = 'diecast-defect';
