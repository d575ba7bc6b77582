// <turash-atlas>: the large map. Sites by vector tiles, matches as arcs, where many are as areas; a
// list of what is in sight, and an area whose balance is drawn up. Its state is in the address.
import { joinArea, wrapped } from "./area-choice.js";
import { createMap } from "./basemap.js";
import { addTileLayers, EMPTY, showClusters } from "./map-layers.js";
import { arc, corners, limits, note, tell } from "./map-parts.js";

// What lies on top wins a click.
const CLICKABLE = ["sites", "groups", "matches", "clusters"];
const CALM_MS = 250;
const CLOSER = 2;

class TurashAtlas extends HTMLElement {
  async connectedCallback() {
    this.form = document.getElementById("map-form");
    this.list = document.getElementById("sights");
    const area = document.querySelector("[data-box]");
    try {
      this.map = createMap(this, this.dataset, this.view(area));
    } catch {
      note(this, this.dataset.unavailable);
      return;
    }
    const { map } = this;
    try {
      await new Promise((resolve) => map.once("load", resolve));
      addTileLayers(map, new URL(this.dataset.vectorTiles, document.baseURI).href.replaceAll("%7B", "{").replaceAll("%7D", "}"));
      joinArea(map, area, () => this.inSight());
      this.listen();
      this.point();
      if (this.dataset.matches) this.listClusters(await this.refill());
      // The page was made without knowing how much of the world fits into the map.
      if (this.dataset.view) await this.relist();
      this.dataset.ready = "true";
    } catch (error) {
      note(this, this.dataset.failed);
      throw error;
    }
  }

  /** Where to begin: as the address says, at the chosen area, or where the listed sites are. */
  view(area) {
    const [latitude, longitude, zoom] = (this.dataset.view || "").split(",").map(Number);
    if (Math.abs(latitude) <= 90 && Number.isFinite(longitude) && zoom >= 0) {
      return { center: [longitude, latitude], zoom };
    }
    const box = area.dataset.box ? JSON.parse(area.dataset.box) : null;
    if (box) {
      const [west, south, east, north] = box;
      const bounds = [[west, south], [east < west ? east + 360 : east, north]];
      return { bounds, fitBoundsOptions: { padding: 40 } };
    }
    const rows = [...this.list.querySelectorAll("[data-longitude]")];
    return limits(rows.map(({ dataset }) => [Number(dataset.longitude), Number(dataset.latitude)]));
  }

  inSight() {
    const bounds = this.map.getBounds();
    return wrapped([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]);
  }

  listen() {
    const { map } = this;
    for (const layer of CLICKABLE) {
      map.on("mouseenter", layer, () => { map.getCanvas().style.cursor ||= "pointer"; });
      map.on("mouseleave", layer, () => { if (map.getCanvas().style.cursor === "pointer") map.getCanvas().style.cursor = ""; });
    }
    map.on("click", (event) => this.click(event));
    map.on("moveend", () => {
      this.remember();
      clearTimeout(this.pause);
      this.pause = setTimeout(() => this.follow(), CALM_MS);
    });
  }

  /** Keep the view in the address, and for when the form is sent. */
  remember() {
    const { lng, lat } = this.map.getCenter().wrap();
    const at = [lat.toFixed(4), lng.toFixed(4), this.map.getZoom().toFixed(2)].join(",");
    this.form.elements.at.value = at;
    const address = new URL(window.location.href);
    address.searchParams.set("at", at);
    window.history.replaceState(window.history.state, "", address);
  }

  /** Bring the list, and one's matches, to what is in sight now. */
  async follow() {
    await this.relist();
    if (this.dataset.matches) await this.refill();
  }

  async relist() {
    const answer = await fetch(this.addressOf(this.dataset.list));
    if (answer.ok && !this.list.contains(document.activeElement)) {
      // A part of this page as our server renders it.
      this.list.innerHTML = await answer.text();
      this.point();
    }
  }

  addressOf(start) {
    const address = new URL(start, document.baseURI);
    address.searchParams.set("bbox", this.inSight().map((degrees) => degrees.toFixed(5)).join(","));
    return address;
  }

  async refill() {
    const answer = await fetch(this.addressOf(this.dataset.features));
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
    const { features } = await answer.json();
    const areas = features.filter(({ geometry }) => geometry.type === "MultiPolygon");
    const arcs = features
      .filter(({ geometry }) => geometry.type !== "MultiPolygon")
      .map((match) => ({ ...match, geometry: arc(match.geometry) }));
    this.map.getSource("clusters").setData({ ...EMPTY, features: areas });
    this.map.getSource("matches").setData({ ...EMPTY, features: arcs });
    return areas;
  }

  click(event) {
    if (document.querySelector("[data-drag][aria-pressed=true]")) return;
    const found = this.map.queryRenderedFeatures(event.point, { layers: CLICKABLE });
    const rank = ({ layer }) => CLICKABLE.indexOf(layer.id);
    const [feature] = found.sort((a, b) => rank(a) - rank(b));
    if (!feature) return;
    const { properties } = feature;
    if (feature.layer.id === "groups") {
      this.map.easeTo({ center: feature.geometry.coordinates, zoom: this.map.getZoom() + CLOSER });
    } else if (feature.layer.id === "sites") {
      tell(this, event.lngLat, { ...properties, url: `/organizations/${properties.organization_id}` });
    } else {
      tell(this, event.lngLat, properties);
    }
  }

  /** A row of the list shows its dot, by mouse and by keyboard. */
  point() {
    for (const row of this.list.querySelectorAll("[data-longitude]")) {
      const { longitude, latitude } = row.dataset;
      const geometry = { type: "Point", coordinates: [Number(longitude), Number(latitude)] };
      const dot = { type: "Feature", properties: {}, geometry };
      whenPointed(row, (on) => this.map.getSource("pointed").setData(on ? dot : EMPTY));
    }
  }

  /** A row of the list of areas shows its area, and its link goes there; a box hides them all. */
  listClusters(areas) {
    const shapes = new Map(areas.map((feature) => [feature.properties.id, feature.geometry]));
    for (const row of document.querySelectorAll("[data-area]")) {
      const id = row.dataset.area;
      whenPointed(row, (pointed) => this.map.setFeatureState({ source: "clusters", id }, { pointed }));
      row.querySelector("a").addEventListener("click", () => {
        if (!shapes.has(id)) return;
        this.map.removeFeatureState({ source: "clusters" });
        this.map.setFeatureState({ source: "clusters", id }, { chosen: true });
        this.map.fitBounds(corners(shapes.get(id)), { padding: 50, maxZoom: 13 });
      });
    }
    const label = document.querySelector("[data-layer=clusters]");
    if (!label || !areas.length) return;
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

customElements.define("turash-atlas", TurashAtlas);
