// What maps small and large have in common.
import { maplibregl } from "./basemap.js";

// One far site must not make the others one dot: with many, the outermost do not count.
const MANY = 10;
const LEFT_OUT = 0.15;

/** Say a text in place of a map. */
export function note(element, text) {
  const words = document.createElement("p");
  words.className = "map-note";
  words.textContent = text;
  element.replaceChildren(words);
}

/** Where a map begins that shows these places; undefined where there are none. */
export function limits(points) {
  if (!points.length) return undefined;
  const range = (axis) => {
    const sorted = points.map((point) => point[axis]).sort((a, b) => a - b);
    const out = points.length > MANY ? Math.floor(points.length * LEFT_OUT) : 0;
    return [sorted[out], sorted[sorted.length - 1 - out]];
  };
  const [west, east] = range(0);
  const [south, north] = range(1);
  return { bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: 50, maxZoom: 12.5 } };
}

/** Open a box that tells of a feature. */
export function tell({ map, dataset }, place, { title, text, outputs, inputs, score, figures: sums, url }) {
  const box = document.createElement("div");
  const head = document.createElement(url ? "a" : "b");
  if (url) head.href = url;
  head.textContent = title;
  const detail = document.createElement("p");
  detail.textContent = text;
  const figures = document.createElement("p");
  if (sums) figures.textContent = sums;
  else if (score !== undefined) figures.textContent = `${dataset.score} ${score}`;
  else if (url) figures.textContent = `${dataset.outputs} ${outputs}, ${dataset.inputs} ${inputs}`;
  box.append(head, detail, figures);
  new maplibregl.Popup({ maxWidth: "18rem" }).setLngLat(place).setDOMContent(box).addTo(map);
}

const STEPS = 24;
// How far an arc leaves the straight line, as a share of its length.
const BEND = 0.18;

/** A line from one place to another as an arc, so that those of one pair of places do not hide. */
export function arc(geometry) {
  const [start, end] = ends(geometry);
  const [across, up] = [end[0] - start[0], end[1] - start[1]];
  const bend = [(start[0] + end[0]) / 2 - up * BEND, (start[1] + end[1]) / 2 + across * BEND];
  const coordinates = Array.from({ length: STEPS + 1 }, (_, step) => {
    const t = step / STEPS;
    return [0, 1].map((axis) => (1 - t) ** 2 * start[axis] + 2 * t * (1 - t) * bend[axis] + t ** 2 * end[axis]);
  });
  return { type: "LineString", coordinates };
}

/** Where a line begins and ends; one that the 180th meridian cuts goes on beyond it. */
function ends({ type, coordinates }) {
  if (type === "LineString") return coordinates;
  const [[start, edge], [, end]] = coordinates;
  return [start, [end[0] + (edge[0] > 0 ? 360 : -360), end[1]]];
}

/** Corners of a MultiPolygon; where the 180th meridian cuts it, longitudes go on beyond 180. */
export function corners({ coordinates }) {
  const all = coordinates.flat(2);
  const longitudes = all.map(([longitude]) => longitude);
  const isCut = Math.max(...longitudes) - Math.min(...longitudes) > 180;
  const beyond = longitudes.map((longitude) => (isCut && longitude < 0 ? longitude + 360 : longitude));
  const latitudes = all.map(([, latitude]) => latitude);
  return [[Math.min(...beyond), Math.min(...latitudes)], [Math.max(...beyond), Math.max(...latitudes)]];
}
