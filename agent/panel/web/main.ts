/** Where the page begins. */
import { render } from 'preact';
import { App } from './app.ts';
import { h } from './element.ts';

const place = document.getElementById('app');
if (place !== null) render(h(App, {}), place);
