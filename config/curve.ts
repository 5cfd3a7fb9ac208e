/** A curve of a profile, taken apart into scalar features: `pressureCurve.0`, `pressureCurve.1` … */
import { curvePoint } from './curve-points.ts';
import type { FeatureSpec, Localized } from './profile.ts';

/** `title`: the signal's, where the feature has none. Its points are counted from 1 for people. */
function pointTitle(title: Localized, point: number, points: number): Localized {
  const place = `${point + 1}/${points}`;
  return { ko: `${title.ko} ${place}`, en: `${title.en} ${place}` };
}

/** Curves by their points, everything else as it is; in order. */
export function expandCurves(
  features: Readonly<Record<string, FeatureSpec>>,
  signals: Readonly<Record<string, { readonly title: Localized }>>,
): Record<string, FeatureSpec> {
  const expanded: Record<string, FeatureSpec> = {};
  for (const [name, spec] of Object.entries(features)) {
    const { points = 0 } = spec;
    if (spec.take !== 'curve' || points < 2 || spec.point !== undefined) {
      expanded[name] = spec;
      continue;
    }
    const title = spec.title ?? signals[spec.from]?.title ?? { ko: name, en: name };
    for (let point = 0; point < points; point += 1)
      expanded[curvePoint(name, point)] = {
        ...spec,
        point,
        title: pointTitle(title, point, points),
      };
  }
  return expanded;
}
