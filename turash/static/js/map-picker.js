// <map-picker>: a click on the map or a town that is searched for sets the two numbers, and typed
// numbers move the marker.
import { createMap, maplibregl, token } from "./basemap.js";
import { searchPlaces } from "./place-search.js";

const TOWN_ZOOM = 11;

class MapPicker extends HTMLElement {
  connectedCallback() {
    [this.longitude, this.latitude] = this.querySelectorAll(".numbers input");
    searchPlaces(this.querySelector("[data-search]"), this.dataset, (place) => this.goTo(place));
    this.querySelector("[data-credit]").hidden = false;
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
    this.write(lng, lat);
    this.marker.setLngLat([lng, lat]).addTo(this.map);
  }

  write(lng, lat) {
    this.longitude.value = lng.toFixed(6);
    this.latitude.value = lat.toFixed(6);
    this.latitude.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** A town: its middle to begin with, and its name where the form asks for it. */
  goTo({ longitude, latitude, found, country }) {
    this.write(longitude, latitude);
    const { city, country: of } = this.closest("form").elements;
    if (city) city.value = found;
    if (of) of.value = country;
    this.map?.jumpTo({ center: [longitude, latitude], zoom: TOWN_ZOOM });
  }

  move() {
    const place = this.place();
    if (!place || !this.map) return;
    this.marker.setLngLat(place).addTo(this.map);
    this.map.jumpTo({ center: place, zoom: Math.max(this.map.getZoom(), 9) });
  }
}

customElements.define("map-picker", MapPicker);
