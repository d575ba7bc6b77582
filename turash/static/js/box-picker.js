// <box-picker>: two clicks on the map set the four sides of a box, and typed numbers move it.
import { createMap, token } from "./basemap.js";

const LINE = "box";

class BoxPicker extends HTMLElement {
  connectedCallback() {
    this.sides = [...this.querySelectorAll("input")]; // west, south, east, north
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
    });
    this.map.on("click", (event) => this.click(event.lngLat.wrap()));
    for (const side of this.sides) side.addEventListener("change", () => this.draw());
  }

  box() {
    const numbers = this.sides.map((side) => parseFloat(side.value));
    return numbers.every(Number.isFinite) ? numbers : null;
  }

  click({ lng, lat }) {
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
