// <turash-map>: sites as dots, matches as lines; features from an address or from the page.
import { createMap, maplibregl, token } from "./basemap.js";

class TurashMap extends HTMLElement {
  async connectedCallback() {
    const carried = document.getElementById("map-features");
    const features = this.dataset.url
      ? await (await fetch(this.dataset.url)).json()
      : collection(JSON.parse(carried.textContent));
    try {
      this.map = createMap(this, this.dataset);
    } catch {
      const note = document.createElement("p");
      note.className = "map-note";
      note.textContent = this.dataset.unavailable;
      this.replaceChildren(note);
      return;
    }
    this.map.on("load", () => this.draw(features));
  }

  draw(features) {
    const map = this.map;
    map.addSource("features", { type: "geojson", data: features });
    map.addLayer({
      id: "matches",
      type: "line",
      source: "features",
      filter: ["==", ["geometry-type"], "LineString"],
      layout: { "line-cap": "round" },
      paint: { "line-color": token("accent"), "line-width": 2, "line-opacity": 0.55 },
    });
    map.addLayer({
      id: "sites",
      type: "circle",
      source: "features",
      filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["+", ["get", "outputs"], ["get", "inputs"]], 1, 6, 20, 14],
        "circle-color": [
          "case",
          ["==", ["get", "inputs"], 0], token("output"),
          ["==", ["get", "outputs"], 0], token("input"),
          token("both"),
        ],
        "circle-stroke-color": token("surface"),
        "circle-stroke-width": 1.5,
      },
    });
    for (const layer of ["matches", "sites"]) {
      map.on("click", layer, (event) => this.tell(event));
      map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
      map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
    }
    fit(map, features);
    this.dataset.ready = "true";
  }

  tell(event) {
    const { kind, name, organization, outputs, inputs, score, url } = event.features[0].properties;
    if (!kind) return;
    const text = document.createElement("div");
    const link = document.createElement("a");
    link.href = url;
    link.textContent = kind === "site" ? organization : name;
    const detail = document.createElement("p");
    detail.textContent = kind === "site"
      ? `${name}: ${outputs} ${this.dataset.outputs}, ${inputs} ${this.dataset.inputs}`
      : `${this.dataset.score} ${score}`;
    text.append(link, detail);
    new maplibregl.Popup().setLngLat(event.lngLat).setDOMContent(text).addTo(this.map);
  }
}

function collection(geometry) {
  const ends = geometry.coordinates.map((coordinates, index) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates },
    properties: { outputs: index === 0 ? 1 : 0, inputs: index === 0 ? 0 : 1 },
  }));
  return { type: "FeatureCollection", features: [{ type: "Feature", geometry, properties: {} }, ...ends] };
}

function fit(map, features) {
  const bounds = new maplibregl.LngLatBounds();
  for (const { geometry } of features.features) {
    const points = geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates;
    points.forEach((point) => bounds.extend(point));
  }
  if (!bounds.isEmpty()) map.fitBounds(bounds, { padding: 50, maxZoom: 13, animate: false });
}

customElements.define("turash-map", TurashMap);
