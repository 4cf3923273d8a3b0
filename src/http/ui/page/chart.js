/** Draws figures over the last quarter of an hour, with scales; the pointer reads one of them. */
import { byId, setText } from './element.js';

/** How many minutes there are from left to right, with those that stand below; the first that all values fit in. */
const SPANS = [
  [3, 2, 1, 0],
  [6, 4, 2, 0],
  [15, 10, 5, 0],
];
/** Below it there is only room for short names. */
const NARROW_PIXELS = 460;
const LEFT = 44;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 20;

/**
 * @param id of the drawing; its reading is `${id without -chart}-reading`
 * @param name what it shows, for those who cannot see it
 * @param toText a value as text
 * @param isBars true: a bar for each step, up to its mean, and a line from there to its highest
 */
export function createChart(id, name, toText, isBars = false) {
  const svg = byId(id);
  const reading = byId(id.replace('-chart', '-reading'));
  let data = { values: [], highest: [], stepSeconds: 5 };
  let pointedAt;
  let drawn;

  const make = (tag, attributes, text) => {
    const made = document.createElementNS(svg.namespaceURI, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    if (text !== undefined) made.append(text);
    return made;
  };

  const spanOf = ({ values, stepSeconds }) =>
    SPANS.find(([minutes]) => values.length * stepSeconds <= minutes * 60) ?? SPANS.at(-1);
  const stepWidthOf = () => {
    const [minutes] = spanOf(data);
    return (svg.clientWidth - LEFT - RIGHT) / ((minutes * 60) / data.stepSeconds - 1);
  };

  const draw = () => {
    const width = svg.clientWidth;
    const height = svg.clientHeight;
    const { values, highest, stepSeconds } = data;
    const key = JSON.stringify([width, height, values, highest, pointedAt]);
    if (width === 0 || key === drawn) return;
    drawn = key;
    const all = [...values, ...highest].filter((value) => value !== null);
    const top = niceTop(Math.max(0, ...all));
    const stepWidth = stepWidthOf();
    const span = spanOf(data);
    const toX = (index) => width - RIGHT - (values.length - 1 - index) * stepWidth;
    const toY = (value) => height - BOTTOM - (value / top) * (height - TOP - BOTTOM);
    const parts = [0, 0.5, 1].flatMap((share) => {
      const y = Math.round(toY(top * share)) + 0.5;
      return [
        make('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y, y2: y }),
        make('text', { x: LEFT - 6, y: y + 4, 'text-anchor': 'end' }, toText(top * share)),
      ];
    });
    for (const minutes of span) {
      const x = width - RIGHT - (minutes * 60 * stepWidth) / stepSeconds;
      const anchor = minutes === 0 ? 'end' : minutes === span[0] ? 'start' : 'middle';
      const label = minutes === 0 ? 'now' : `${minutes} min${width < NARROW_PIXELS ? '' : ' ago'}`;
      parts.push(make('text', { x: Math.max(LEFT, x), y: height - 4, 'text-anchor': anchor }, label));
    }
    if (isBars) {
      for (const [index, value] of values.entries()) {
        if (value === null) continue;
        const x = toX(index);
        const barWidth = Math.max(2, stepWidth - 1);
        const y = Math.min(toY(value), height - BOTTOM - 2);
        parts.push(
          make('rect', {
            class: 'bar',
            x: x - barWidth / 2,
            y,
            width: barWidth,
            height: height - BOTTOM - y,
          }),
          make('line', { class: 'most', x1: x, x2: x, y1: y, y2: toY(highest[index] ?? value) }),
        );
      }
    } else if (values.length > 0) {
      const points = values.map((value, index) => `${toX(index).toFixed(1)},${toY(value ?? 0).toFixed(1)}`);
      const base = height - BOTTOM;
      const corners = [`${toX(0).toFixed(1)},${base}`, ...points, `${width - RIGHT},${base}`];
      parts.push(
        make('polygon', { class: 'area', points: corners.join(' ') }),
        make('polyline', { class: 'curve', points: points.join(' ') }),
      );
    }
    if (pointedAt !== undefined && pointedAt < values.length) {
      const x = toX(pointedAt);
      parts.push(make('line', { class: 'cursor', x1: x, x2: x, y1: TOP, y2: height - BOTTOM }));
    }
    svg.replaceChildren(...parts);
    setText(reading, read());
    svg.setAttribute('aria-label', `${name} over the last ${spanOf(data)[0]} minutes: ${summary()}`);
  };

  const summary = () => {
    const known = data.values.filter((value) => value !== null);
    if (known.length === 0) return 'nothing yet';
    const most = Math.max(...known, ...data.highest.filter((value) => value !== null));
    return isBars ? `slowest ${toText(most)}` : `now ${toText(known.at(-1))}, most ${toText(most)}`;
  };

  const read = () => {
    if (pointedAt === undefined || pointedAt >= data.values.length) return summary();
    const seconds = (data.values.length - 1 - pointedAt) * data.stepSeconds;
    const value = data.values[pointedAt];
    const most = data.highest[pointedAt];
    const when = seconds === 0 ? 'now' : `${toDuration(seconds)} ago`;
    const shown = value === null ? 'none' : toText(value);
    return `${when}: ${shown}${most == null || most === value ? '' : `, slowest ${toText(most)}`}`;
  };

  svg.addEventListener('pointermove', ({ offsetX }) => {
    const back = Math.round((svg.clientWidth - RIGHT - offsetX) / stepWidthOf());
    const index = data.values.length - 1 - Math.max(0, back);
    pointedAt = index >= 0 ? index : undefined;
    draw();
  });
  svg.addEventListener('pointerleave', () => {
    pointedAt = undefined;
    draw();
  });
  new ResizeObserver(draw).observe(svg);
  return {
    /** @param next `{values, highest, stepSeconds}`: one for each step, the oldest first; null where there is none */
    show(next) {
      data = next;
      draw();
    },
  };
}

/** The next of 1, 2, 5, 10, … that is not below `value`. */
function niceTop(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value) ?? 10 * power;
}

export function toDuration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}
