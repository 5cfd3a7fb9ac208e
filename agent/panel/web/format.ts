/** Times and numbers as people read them. */
import type { Language } from './settings.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** `14:05`, by the clock of the screen. */
export function clockTime(wallMs: number): string {
  const at = new Date(wallMs);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `11-27 14:05` */
export function dayAndTime(wallMs: number): string {
  const at = new Date(wallMs);
  return `${two(at.getMonth() + 1)}-${two(at.getDate())} ${clockTime(wallMs)}`;
}

/** `8초 전`, `3분 전`, `2시간 전` */
export function ago(ms: number, language: Language): string {
  const ko = language === 'ko';
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return ko ? `${seconds}초 전` : `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return ko ? `${minutes}분 전` : `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return ko ? `${hours}시간 전` : `${hours} h ago`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** 0.034 → `3.4 %` */
export function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

export function withUnit(value: number, decimals: number, unit: string): string {
  return `${value.toFixed(decimals)}${unit === '' ? '' : ` ${unit}`}`;
}

/** `45초`, `12분`, `1시간 5분` */
export function lasting(ms: number, language: Language): string {
  const ko = language === 'ko';
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return ko ? `${seconds}초` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return ko ? `${minutes}분` : `${minutes} min`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return ko ? `${hours}시간 ${rest}분` : `${hours} h ${rest} min`;
}
