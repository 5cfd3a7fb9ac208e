/** A model's manifest against the profile that is to feed it: features, units, ranges, absences. */
import type { FeatureSpec, Profile } from './profile.ts';
import { conversion, convert, siblingsOf, type Unit, unitOf } from './units.ts';

/** As much of a model's manifest as a profile must fit. */
export interface FitFacts {
  readonly name: string;
  readonly profile: string;
  readonly features: readonly FitFeature[];
}

interface FitFeature {
  readonly from: string;
  /** Absent or '': the model does not say. */
  readonly unit?: string;
  /** How a missing value is encoded. */
  readonly missing?: 'nan' | 'refuse' | number;
  /** Seen in training. */
  readonly range?: readonly [number, number] | undefined;
}

export interface Misfit {
  readonly message: string;
  readonly hint: string;
}

export interface Fit {
  /** The model must not run on this profile. */
  readonly errors: readonly Misfit[];
  /** It may, and somebody should look. */
  readonly warnings: readonly Misfit[];
}

/** Takes whose value is one of the signal's own, in its unit. */
const ofTheSignal: ReadonlySet<FeatureSpec['take']> = new Set([
  'last',
  'mean',
  'min',
  'max',
  'curve',
]);
/** Less of the training range than this within the profile's is hardly any. */
const barely = 0.1;

/** Everything that does not fit, a finding for each feature. */
export function modelFit(facts: FitFacts, profile: Profile): Fit {
  const lacking = lackingFeatures(facts, profile);
  const errors = lacking === null ? [] : [lacking];
  const warnings: Misfit[] = [];
  for (const feature of facts.features) {
    const spec = profile.features[feature.from];
    if (spec === undefined) continue;
    const wrongUnit = unitMisfit(feature, spec, profile);
    if (wrongUnit !== null) (wrongUnit.sure ? errors : warnings).push(wrongUnit.misfit);
    else {
      const wrongRange = rangeMisfit(feature, spec, profile);
      if (wrongRange !== null) (wrongRange.sure ? errors : warnings).push(wrongRange.misfit);
    }
    warnings.push(...absenceMisfits(feature, spec, profile));
  }
  return { errors, warnings };
}

/** What a model needs and a profile does not give, in words; null when it has all. */
function lackingFeatures({ name, features, profile: made }: FitFacts, profile: Profile) {
  const lacking = features.map(({ from }) => from).filter((one) => !(one in profile.features));
  if (lacking.length === 0) return null;
  const names = [...new Set(lacking)].join(', ');
  return {
    message: `"${name}" needs features that profile "${profile.id}" has not: ${names}`,
    hint: `the model was made for profile "${made}"`,
  };
}

interface Finding {
  /** An error, and no more than a warning otherwise. */
  readonly sure: boolean;
  readonly misfit: Misfit;
}

/** '' where the profile does not say, or the feature is in another unit than its signal. */
function profileUnit(spec: FeatureSpec, profile: Profile): string {
  if (spec.unit !== undefined) return spec.unit;
  const keeps = ofTheSignal.has(spec.take) || spec.take === 'std' || spec.take === 'increase';
  return keeps ? (profile.signals[spec.from]?.unit ?? '') : '';
}

function unitMisfit(feature: FitFeature, spec: FeatureSpec, profile: Profile): Finding | null {
  const [said = '', given] = [feature.unit, profileUnit(spec, profile)];
  if (said === '' || given === '' || said === given) return null;
  const [theirs, ours] = [unitOf(said), unitOf(given)];
  if (theirs !== null && theirs === ours) return null;
  const message = `the model takes ${feature.from} in ${said}, profile "${profile.id}" gives ${given}`;
  if (theirs === null || ours === null) {
    const hint = `"${theirs === null ? said : given}" is no unit that ppuri knows: are they the same?`;
    return { sure: false, misfit: { message, hint } };
  }
  const hint =
    theirs.dimension === ours.dimension
      ? `${conversion(theirs, ours)}: train it on values in ${ours.symbol}, or correct the manifest`
      : `${said} is ${dimensionWord(theirs)}, ${given} is ${dimensionWord(ours)}: is it another feature?`;
  return { sure: true, misfit: { message, hint } };
}

function dimensionWord({ dimension }: Unit): string {
  return dimension.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

type Range = readonly [number, number];

function rangeMisfit(feature: FitFeature, spec: FeatureSpec, profile: Profile): Finding | null {
  const { range: trained, from } = feature;
  if (trained === undefined || !ofTheSignal.has(spec.take)) return null;
  const valid = profile.signals[spec.from]?.range;
  const said = `${from} was trained on ${span(trained)}`;
  const unit = profileUnit(spec, profile);
  if (valid !== undefined) {
    const share = shareWithin(trained, valid);
    const message = `${said}; the profile takes ${span(valid)} ${unit}`.trimEnd();
    const hint = guess(trained, valid, unit) ?? 'is the model for this machine?';
    if (share === 0) return { sure: true, misfit: { message, hint } };
    if (share < barely) return { sure: false, misfit: { message, hint } };
  }
  const limit = profile.limits[from];
  if (limit === undefined) return null;
  const usual: Range = [
    limit.low ?? Number.NEGATIVE_INFINITY,
    limit.high ?? Number.POSITIVE_INFINITY,
  ];
  if (shareWithin(trained, usual) > 0) return null;
  const message = `${said}, all of it beyond the profile's limits ${span(usual)} ${unit}`.trimEnd();
  const hint = guess(trained, usual, unit) ?? 'is the model for this machine?';
  return { sure: false, misfit: { message, hint } };
}

function span([low, high]: Range): string {
  return `${low} … ${high}`;
}

/** Of the first range, how much lies within the second. */
function shareWithin([low, high]: Range, [from, to]: Range): number {
  if (high < from || low > to) return 0;
  if (high === low) return 1;
  return (Math.min(high, to) - Math.max(low, from)) / (high - low);
}

/** A unit in which the training range would fit, in words; null: there is none. */
function guess(trained: Range, valid: Range, unit: string): string | null {
  const ours = unitOf(unit);
  if (ours === null) return null;
  const fitting = siblingsOf(ours).flatMap((unit) => {
    const [low = 0, high = 0] = trained.map((value) => convert(value, unit, ours));
    return shareWithin([low, high], valid) > 0.9 ? [{ unit, width: high - low }] : [];
  });
  // A crumb of the range is no likely story.
  const likely = fitting.sort((a, b) => b.width - a.width)[0]?.unit;
  if (likely === undefined) return null;
  return `it would fit in ${likely.symbol} (${conversion(likely, ours)}): was it trained in that unit?`;
}

function absenceMisfits(feature: FitFeature, spec: FeatureSpec, profile: Profile): Misfit[] {
  const { from, missing } = feature;
  const signal = profile.signals[spec.from];
  if (signal === undefined) return [];
  if (missing === 'refuse' && signal.presence === 'optional')
    return [
      {
        message: `${from} must be there for the model, and not every installation has it`,
        hint: 'without it every shot is unscored; train the model with it missing at times',
      },
    ];
  const { range } = signal;
  const real =
    typeof missing === 'number' &&
    range !== undefined &&
    ofTheSignal.has(spec.take) &&
    feature.range !== undefined &&
    missing >= feature.range[0] &&
    missing <= feature.range[1];
  if (!real) return [];
  return [
    {
      message: `a missing ${from} is given to the model as ${missing}, which is a real value of it`,
      hint: 'encode it as nan, or as a value that the machine never has',
    },
  ];
}
