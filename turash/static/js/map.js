// <turash-map>: sites as dots, matches as lines; features from an address or from the page.
import { createMap, maplibregl } from "./basemap.js";
import { addLayers, setFeatures } from "./map-layers.js";

// One far site must not make the others one dot: with many, the outermost do not count.
const MANY = 10;
const LEFT_OUT = 0.15;
const CLICKABLE = ["matches", "groups", "sites"];

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
    const feature = found.find(({ layer }) => layer.id !== "matches") ?? found[0];
    if (!feature) return;
    if (feature.layer.id === "groups") {
      const center = feature.geometry.coordinates;
      const zoom = await this.map.getSource("sites").getClusterExpansionZoom(feature.properties.cluster_id);
      this.map.easeTo({ center, zoom: zoom + 0.5 });
      return;
    }
    if (feature.properties.title) this.tell(event.lngLat, feature.properties);
  }

  tell(place, { title, text, outputs, inputs, score, url }) {
    const box = document.createElement("div");
    const head = document.createElement(url ? "a" : "b");
    if (url) head.href = url;
    head.textContent = title;
    const detail = document.createElement("p");
    detail.textContent = text;
    const figures = document.createElement("p");
    if (score !== undefined) figures.textContent = `${this.dataset.score} ${score}`;
    else if (url) figures.textContent = `${this.dataset.outputs} ${outputs}, ${this.dataset.inputs} ${inputs}`;
    box.append(head, detail, figures);
    new maplibregl.Popup({ maxWidth: "18rem" }).setLngLat(place).setDOMContent(box).addTo(this.map);
  }

  /** A row of the page's list shows its dot, by mouse and by keyboard. */
  point() {
    const show = (id) => this.map.setFilter("pointed", ["==", ["get", "id"], id]);
    for (const row of document.querySelectorAll("[data-feature]")) {
      const on = () => { row.classList.add("pointed"); show(row.dataset.feature); };
      const off = () => { row.classList.remove("pointed"); show(""); };
      row.addEventListener("mouseenter", on);
      row.addEventListener("focusin", on);
      row.addEventListener("mouseleave", off);
      row.addEventListener("focusout", off);
    }
  }
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
