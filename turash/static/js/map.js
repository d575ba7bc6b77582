// <turash-map>: sites as dots, matches as lines, where many are as areas; features from an address
// or from the page.
import { createMap, maplibregl } from "./basemap.js";
import { addLayers, setFeatures, showClusters } from "./map-layers.js";

// One far site must not make the others one dot: with many, the outermost do not count.
const MANY = 10;
const LEFT_OUT = 0.15;
// What lies on top wins a click.
const CLICKABLE = ["sites", "groups", "matches", "clusters"];

class TurashMap extends HTMLElement {
  async connectedCallback() {
    try {
      const collection = await this.features();
      if (!this.begin(collection)) return;
      await new Promise((resolve) => this.map.once("load", resolve));
      this.draw(collection);
    } catch (error) {
      this.note(this.dataset.failed);
      throw error;
    }
  }

  begin({ features }) {
    try {
      this.map = createMap(this, this.dataset, view(features));
    } catch {
      this.note(this.dataset.unavailable);
    }
    return this.map;
  }

  note(text) {
    const note = document.createElement("p");
    note.className = "map-note";
    note.textContent = text;
    this.replaceChildren(note);
  }

  async features(box) {
    const { url, direction, family } = this.dataset;
    if (!url) return JSON.parse(document.getElementById("map-features").textContent);
    const query = new URLSearchParams({ direction, family });
    if (box) query.set("bbox", box.join(","));
    const answer = await fetch(`${url}?${query}`);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer.json();
  }

  draw(collection) {
    const { map } = this;
    addLayers(map);
    setFeatures(map, collection);
    for (const layer of CLICKABLE) {
      map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
      map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
    }
    map.on("click", (event) => this.click(event));
    if (collection.is_complete === false) map.on("moveend", () => this.refill());
    this.point();
    this.listClusters(collection);
    this.dataset.ready = "true";
  }

  /** More sites than were sent: ask for those in sight. */
  async refill() {
    const bounds = this.map.getBounds();
    const limit = (degrees, most) => Math.max(-most, Math.min(most, degrees)).toFixed(4);
    const box = [
      limit(bounds.getWest(), 180), limit(bounds.getSouth(), 90),
      limit(bounds.getEast(), 180), limit(bounds.getNorth(), 90),
    ];
    setFeatures(this.map, await this.features(box));
  }

  async click(event) {
    const found = this.map.queryRenderedFeatures(event.point, { layers: CLICKABLE });
    const rank = ({ layer }) => CLICKABLE.indexOf(layer.id);
    const feature = found.sort((a, b) => rank(a) - rank(b))[0];
    if (!feature) return;
    if (feature.layer.id === "groups") {
      const center = feature.geometry.coordinates;
      const zoom = await this.map.getSource("sites").getClusterExpansionZoom(feature.properties.cluster_id);
      this.map.easeTo({ center, zoom: zoom + 0.5 });
      return;
    }
    if (feature.properties.title) this.tell(event.lngLat, feature.properties);
  }

  tell(place, { title, text, outputs, inputs, score, figures: sums, url }) {
    const box = document.createElement("div");
    const head = document.createElement(url ? "a" : "b");
    if (url) head.href = url;
    head.textContent = title;
    const detail = document.createElement("p");
    detail.textContent = text;
    const figures = document.createElement("p");
    if (sums) figures.textContent = sums;
    else if (score !== undefined) figures.textContent = `${this.dataset.score} ${score}`;
    else if (url) figures.textContent = `${this.dataset.outputs} ${outputs}, ${this.dataset.inputs} ${inputs}`;
    box.append(head, detail, figures);
    new maplibregl.Popup({ maxWidth: "18rem" }).setLngLat(place).setDOMContent(box).addTo(this.map);
  }

  /** A row of the page's list shows its dot, by mouse and by keyboard. */
  point() {
    const show = (id) => this.map.setFilter("pointed", ["==", ["get", "id"], id]);
    for (const row of document.querySelectorAll("[data-feature]")) {
      whenPointed(row, (on) => show(on ? row.dataset.feature : ""));
    }
  }

  /** A row of the list of areas shows its area, and its link goes there; a box hides them all. */
  listClusters({ features }) {
    const shapes = new Map(features.map((feature) => [feature.properties.id, feature.geometry]));
    for (const row of document.querySelectorAll("[data-area]")) {
      const id = row.dataset.area;
      whenPointed(row, (pointed) => this.map.setFeatureState({ source: "clusters", id }, { pointed }));
      row.querySelector("a").addEventListener("click", () => {
        if (!shapes.has(id)) return;
        this.map.removeFeatureState({ source: "clusters" });
        this.map.setFeatureState({ source: "clusters", id }, { chosen: true });
        this.map.fitBounds(bounds(shapes.get(id)), { padding: 50, maxZoom: 13 });
      });
    }
    const label = document.querySelector("[data-layer=clusters]");
    if (!label || !features.some(({ geometry }) => geometry.type === "MultiPolygon")) return;
    label.hidden = false;
    const box = label.querySelector("input");
    const show = () => showClusters(this.map, box.checked);
    box.addEventListener("change", show);
    // A reload keeps the box as it was.
    show();
  }
}

function whenPointed(row, show) {
  const turn = (on) => () => { row.classList.toggle("pointed", on); show(on); };
  row.addEventListener("mouseenter", turn(true));
  row.addEventListener("focusin", turn(true));
  row.addEventListener("mouseleave", turn(false));
  row.addEventListener("focusout", turn(false));
}

/** Corners of a MultiPolygon; where the 180th meridian cuts it, longitudes go on beyond 180. */
function bounds({ coordinates }) {
  const corners = coordinates.flat(2);
  const longitudes = corners.map(([longitude]) => longitude);
  const isCut = Math.max(...longitudes) - Math.min(...longitudes) > 180;
  const beyond = longitudes.map((longitude) => (isCut && longitude < 0 ? longitude + 360 : longitude));
  const latitudes = corners.map(([, latitude]) => latitude);
  return [[Math.min(...beyond), Math.min(...latitudes)], [Math.max(...beyond), Math.max(...latitudes)]];
}

function view(features) {
  const points = features.filter(({ geometry }) => geometry.type === "Point").map(({ geometry }) => geometry.coordinates);
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

customElements.define("turash-map", TurashMap);
