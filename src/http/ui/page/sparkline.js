/** Draws the last figures as a line; the number itself stands beside it. */
import { byId } from './element.js';

const SAMPLES = 120;
const HEIGHT = 32;
const MARGIN = 2;

export function createSparkline() {
  const line = byId('sparkline').querySelector('polyline');
  const values = [];
  return {
    add(value) {
      values.push(value);
      if (values.length > SAMPLES) values.shift();
      const most = Math.max(1, ...values);
      const first = SAMPLES - values.length;
      const toPoint = (sample, index) =>
        `${first + index},${(HEIGHT - MARGIN - (sample / most) * (HEIGHT - 2 * MARGIN)).toFixed(1)}`;
      line.setAttribute('points', values.map(toPoint).join(' '));
    },
  };
}
