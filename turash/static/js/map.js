// <turash-map>: a few sites as dots and matches as lines, from the page.
import { createMap } from "./basemap.js";
import { addLayers, setFeatures } from "./map-layers.js";
import { limits, note, tell } from "./map-parts.js";

// What lies on top wins a click.
const CLICKABLE = ["sites", "groups", "matches"];

class TurashMap extends HTMLElement {
  async connectedCallback() {
    const collection = JSON.parse(document.getElementById("map-features").textContent);
    const points = collection.features.filter(({ geometry }) => geometry.type === "Point");
    try {
      this.map = createMap(this, this.dataset, limits(points.map(({ geometry }) => geometry.coordinates)));
    } catch {
      note(this, this.dataset.unavailable);
      return;
    }
    await new Promise((resolve) => this.map.once("load", resolve));
    this.draw(collection);
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
    this.dataset.ready = "true";
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
    if (feature.properties.title) tell(this, event.lngLat, feature.properties);
  }
}

customElements.define("turash-map", TurashMap);
