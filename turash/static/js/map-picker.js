// <map-picker>: a click on the map sets the two numbers, and typed numbers move the marker.
import { createMap, maplibregl, token } from "./basemap.js";

class MapPicker extends HTMLElement {
  connectedCallback() {
    [this.longitude, this.latitude] = this.querySelectorAll("input");
    const canvas = this.querySelector("[data-canvas]");
    canvas.hidden = false;
    const place = this.place();
    try {
      this.map = createMap(canvas, this.dataset, place ? { center: place, zoom: 11 } : undefined);
    } catch {
      canvas.hidden = true; // Without WebGL the numbers alone do.
      return;
    }
    this.marker = new maplibregl.Marker({ draggable: true, color: token("accent") });
    this.marker.on("dragend", () => this.set(this.marker.getLngLat()));
    this.map.on("click", (event) => this.set(event.lngLat));
    this.longitude.addEventListener("change", () => this.move());
    this.latitude.addEventListener("change", () => this.move());
    if (place) this.marker.setLngLat(place).addTo(this.map);
  }

  place() {
    const [lng, lat] = [this.longitude, this.latitude].map((input) => parseFloat(input.value));
    return Math.abs(lng) <= 180 && Math.abs(lat) <= 90 ? [lng, lat] : null;
  }

  set(position) {
    const { lng, lat } = position.wrap();
    this.longitude.value = lng.toFixed(6);
    this.latitude.value = lat.toFixed(6);
    this.marker.setLngLat([lng, lat]).addTo(this.map);
  }

  move() {
    const place = this.place();
    if (!place) return;
    this.marker.setLngLat(place).addTo(this.map);
    this.map.jumpTo({ center: place, zoom: Math.max(this.map.getZoom(), 9) });
  }
}

customElements.define("map-picker", MapPicker);
