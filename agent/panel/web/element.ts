/** Elements without a build step of their own: templates for markup, `h` for typed components. */
import htm from 'htm';
import { createElement, type FunctionComponent, type VNode } from 'preact';

/** What may stand between tags. */
export type Child = VNode | string | number | null | false | undefined | readonly Child[];

type Markup = (strings: TemplateStringsArray, ...values: readonly unknown[]) => VNode;

/** One root each. Components are put in by `h(Component, props)`, so that their props are checked. */
export const html: Markup = htm.bind(createElement) as Markup;

/** A component with its props; `key` tells it from its neighbours. */
export function h<P extends object>(
  component: (props: P) => VNode | null,
  props: P & { readonly key?: string | number },
): VNode {
  return createElement(component as FunctionComponent<object>, props);
}
