// A plain map of land and borders that works without any outside host.
import * as maplibregl from "../vendor/maplibre-gl/maplibre-gl.mjs";
import "../vendor/topojson-client/topojson-client.min.js";

const DETAIL_ZOOM = 5;

/** Colour of the page's theme. */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "#888";
}

async function land(url) {
  const answer = await fetch(url);
  const topology = await answer.json();
  return window.topojson.feature(topology, topology.objects.countries);
}

function style(data) {
  const nothing = { type: "FeatureCollection", features: [] };
  const sources = { land: { type: "geojson", data: nothing } };
  const layers = [
    { id: "water", type: "background", paint: { "background-color": token("water") } },
    { id: "land", type: "fill", source: "land", paint: { "fill-color": token("land") } },
    { id: "borders", type: "line", source: "land", paint: { "line-color": token("border"), "line-width": 0.8 } },
  ];
  if (data.tiles) {
    sources.tiles = { type: "raster", tiles: [data.tiles], tileSize: 256, attribution: data.attribution || "" };
    layers.push({ id: "tiles", type: "raster", source: "tiles" });
  }
  return { version: 8, sources, layers };
}

/**
 * Make a map in an element. `data` holds the addresses of worker, land and detailed land; `view`
 * is where it begins: bounds, or center and zoom. Throws where the browser has no WebGL.
 */
export function createMap(container, data, view = { center: [15, 50], zoom: 3 }) {
  maplibregl.setWorkerUrl(new URL(data.worker, document.baseURI).href);
  const map = new maplibregl.Map({
    container,
    style: style(data),
    ...view,
    attributionControl: data.tiles ? { compact: true } : false,
    fadeDuration: 0,
  });
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }));
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 110 }));
  let shown = "";
  const show = async () => {
    const wanted = map.getZoom() >= DETAIL_ZOOM ? data.detailedLand : data.land;
    if (wanted === shown) return;
    shown = wanted;
    const features = await land(wanted);
    if (shown === wanted) map.getSource("land").setData(features);
  };
  map.on("load", show);
  map.on("zoomend", show);
  return map;
}

export { maplibregl };
