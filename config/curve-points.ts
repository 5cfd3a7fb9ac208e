/** Names of the scalar features that a curve is taken apart into: `pressureCurve.0`, `.1` … */

export const maxCurvePoints = 512;

export function curvePoint(curve: string, point: number): string {
  return `${curve}.${point}`;
}
