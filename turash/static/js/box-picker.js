// <box-picker>: two clicks on the map set the four sides of a box, and typed numbers move it; or one
// corner after the other makes an area, which a text field keeps as GeoJSON.
import { createMap, token } from "./basemap.js";

const LINE = "box", AREA = "area";
const NOTHING = { type: "FeatureCollection", features: [] };

class BoxPicker extends HTMLElement {
  connectedCallback() {
    this.sides = [...this.querySelectorAll("input")]; // west, south, east, north
    this.text = this.querySelector("[name=area]");
    const canvas = this.querySelector("[data-canvas]");
    canvas.hidden = false;
    const box = this.box();
    try {
      this.map = createMap(canvas, this.dataset, box ? { bounds: box, fitBoundsOptions: { padding: 30 } } : undefined);
    } catch {
      canvas.hidden = true; // Without WebGL the numbers alone do.
      return;
    }
    this.map.on("load", () => {
      this.map.addSource(LINE, { type: "geojson", data: this.outline() });
      this.map.addLayer({ id: LINE, type: "line", source: LINE, paint: { "line-color": token("accent"), "line-width": 2 } });
      this.map.addSource(AREA, { type: "geojson", data: this.area() });
      this.map.addLayer({ id: AREA, type: "fill", source: AREA, paint: { "fill-color": token("accent"), "fill-opacity": 0.25, "fill-outline-color": token("accent") } });
      this.map.addLayer({ id: "corners", type: "circle", source: AREA, paint: { "circle-color": token("accent"), "circle-radius": 3 } });
    });
    this.map.on("click", (event) => this.click(event.lngLat.wrap()));
    if (this.text) this.offerAreas();
    for (const side of this.sides) side.addEventListener("change", () => this.draw());
  }

  box() {
    const numbers = this.sides.map((side) => parseFloat(side.value));
    return numbers.every(Number.isFinite) ? numbers : null;
  }

  offerAreas() {
    const tools = this.querySelector("[data-tools]");
    const pen = tools.querySelector("[data-draw]");
    this.corners = [];
    tools.hidden = false;
    pen.addEventListener("click", () => {
      this.isDrawing = !this.isDrawing;
      this.corners = [];
      pen.setAttribute("aria-pressed", String(this.isDrawing));
    });
    const keep = (corners) => { this.corners = corners; this.write(); };
    tools.querySelector("[data-undo]").addEventListener("click", () => keep(this.corners.slice(0, -1)));
    tools.querySelector("[data-clear]").addEventListener("click", () => keep([]));
    this.text.addEventListener("change", () => this.drawArea());
  }

  /** The corners as GeoJSON in the text field, from three on. */
  write() {
    const ring = [...this.corners, this.corners[0]];
    this.text.value = this.corners.length > 2 ? JSON.stringify({ type: "Polygon", coordinates: [ring] }) : "";
    this.drawArea();
  }

  area() {
    if (this.corners?.length && this.corners.length < 3) {
      return { type: "Feature", properties: {}, geometry: { type: "MultiPoint", coordinates: this.corners } };
    }
    try {
      return this.text?.value ? JSON.parse(this.text.value) : NOTHING;
    } catch {
      return NOTHING; // The server says what is wrong with it.
    }
  }

  drawArea() {
    this.map.getSource(AREA)?.setData(this.area());
  }

  click({ lng, lat }) {
    if (this.isDrawing) {
      this.corners.push([Number(lng.toFixed(5)), Number(lat.toFixed(5))]);
      this.write();
      return;
    }
    const first = this.corner;
    this.corner = first ? null : { lng, lat };
    if (!first) return;
    const numbers = [Math.min(first.lng, lng), Math.min(first.lat, lat), Math.max(first.lng, lng), Math.max(first.lat, lat)];
    this.sides.forEach((side, number) => { side.value = numbers[number].toFixed(4); });
    this.draw();
  }

  outline() {
    const box = this.box();
    if (!box) return { type: "FeatureCollection", features: [] };
    const [west, south, east, north] = box;
    const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: ring } };
  }

  draw() {
    this.map.getSource(LINE)?.setData(this.outline());
  }
}

customElements.define("box-picker", BoxPicker);
