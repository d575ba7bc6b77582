// A plain map of land and borders that works without any outside host.
import * as maplibregl from "../vendor/maplibre-gl/maplibre-gl.mjs";

/** Colour of the page's theme. */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "#888";
}

function style(data) {
  const sources = { land: { type: "vector", url: new URL(data.land, document.baseURI).href } };
  const land = { source: "land", "source-layer": "land" };
  const layers = [
    { id: "water", type: "background", paint: { "background-color": token("water") } },
    { id: "land", type: "fill", ...land, paint: { "fill-color": token("land") } },
    { id: "borders", type: "line", ...land, paint: { "line-color": token("border"), "line-width": 0.8 } },
  ];
  if (data.tiles) {
    sources.tiles = { type: "raster", tiles: [data.tiles], tileSize: 256, attribution: data.attribution || "" };
    layers.push({ id: "tiles", type: "raster", source: "tiles" });
  }
  return { version: 8, sources, layers };
}

/**
 * Make a map in an element. `data` holds the addresses of the worker and of the description of
 * the land's tiles; `view` is where it begins: bounds, or center and zoom. Throws where the browser has no WebGL.
 */
export function createMap(container, data, view = { center: [15, 50], zoom: 3 }) {
  maplibregl.setWorkerUrl(new URL(data.worker, document.baseURI).href);
  const map = new maplibregl.Map({
    container,
    style: style(data),
    ...view,
    attributionControl: { compact: true },
    fadeDuration: 0,
  });
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }));
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 110 }));
  return map;
}

export { maplibregl };
