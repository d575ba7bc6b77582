// <turash-glance>: the map of the region on the first page. It stands still, so that a thumb that
// scrolls the page is not caught in it; a click leads to the large map. Loaded when it comes in sight.
class TurashGlance extends HTMLElement {
  connectedCallback() {
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      watch.disconnect();
      this.draw();
    }, { rootMargin: "200px" });
    watch.observe(this);
  }

  async draw() {
    const [{ createMap }, { addTileLayers }, { limits, note }] = await Promise.all([
      import("./basemap.js"), import("./map-layers.js"), import("./map-parts.js"),
    ]);
    const places = JSON.parse(document.getElementById("glance-places").textContent);
    try {
      this.map = createMap(this, this.dataset, limits(places));
    } catch {
      note(this, this.dataset.unavailable);
      return;
    }
    const { map } = this;
    for (const way of ["scrollZoom", "dragPan", "doubleClickZoom", "touchZoomRotate", "keyboard", "boxZoom"]) {
      map[way].disable();
    }
    // What cannot be used by keyboard is no stop on its way; the link below leads to what can.
    map.getCanvas().tabIndex = -1;
    map.getCanvas().style.cursor = "pointer";
    map.on("click", ({ lngLat: { lat, lng } }) => {
      const at = [lat.toFixed(4), lng.toFixed(4), map.getZoom().toFixed(2)].join(",");
      window.location.assign(`${this.dataset.large}?at=${at}`);
    });
    await new Promise((resolve) => map.once("load", resolve));
    addTileLayers(map, new URL(this.dataset.vectorTiles, document.baseURI).href.replaceAll("%7B", "{").replaceAll("%7D", "}"));
    this.dataset.ready = "true";
  }
}

customElements.define("turash-glance", TurashGlance);
