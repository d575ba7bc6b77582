// The four sides of an area: typed, taken from what is in sight, or dragged on the map.
import { token } from "./basemap.js";
import { EMPTY } from "./map-layers.js";

const LINE = "chosen-area";

/** Join the fieldset of an area to a map; `inSight` returns west, south, east and north. */
export function joinArea(map, fieldset, inSight) {
  const { form } = fieldset;
  const sides = [...fieldset.querySelectorAll("input[type=number]")];
  const submit = (box) => {
    sides.forEach((side, number) => { side.value = box ? box[number].toFixed(5) : ""; });
    form.requestSubmit();
  };
  map.addSource(LINE, { type: "geojson", data: outline(fieldset.dataset.box ? JSON.parse(fieldset.dataset.box) : null) });
  map.addLayer({ id: LINE, type: "line", source: LINE, paint: { "line-color": token("text"), "line-width": 2, "line-dasharray": [2, 2] } });
  const on = (name, act) => {
    const button = fieldset.querySelector(`[data-${name}]`);
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => act(button));
  };
  on("take", () => submit(inSight()));
  on("clear", () => submit(null));
  on("drag", (button) => {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isOn));
    map.getCanvas().style.cursor = isOn ? "crosshair" : "";
    if (isOn) map.dragPan.disable();
    else map.dragPan.enable();
  });
  joinDrag(map, fieldset, submit);
}

function joinDrag(map, fieldset, submit) {
  const button = fieldset.querySelector("[data-drag]");
  const canvas = map.getCanvasContainer();
  let first = null;
  const place = (event) => {
    const frame = canvas.getBoundingClientRect();
    return map.unproject([event.clientX - frame.left, event.clientY - frame.top]);
  };
  const box = (second) => [
    Math.min(first.lng, second.lng), Math.min(first.lat, second.lat),
    Math.max(first.lng, second.lng), Math.max(first.lat, second.lat),
  ];
  canvas.addEventListener("pointerdown", (event) => {
    if (button.getAttribute("aria-pressed") !== "true") return;
    first = place(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (first) map.getSource(LINE).setData(outline(box(place(event))));
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!first) return;
    const chosen = wrapped(box(place(event)));
    first = null;
    submit(chosen);
  });
}

/** The same box with longitudes from -180 to 180: west of its east it crosses the 180th meridian. */
export function wrapped([west, south, east, north]) {
  const limit = (latitude) => Math.max(-90, Math.min(90, latitude));
  if (east - west >= 360) return [-180, limit(south), 180, limit(north)];
  const wrap = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;
  return [wrap(west), limit(south), wrap(east), limit(north)];
}

function outline(box) {
  if (!box) return EMPTY;
  const [west, south, to, north] = box;
  const east = to < west ? to + 360 : to;
  const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
  return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: ring } };
}
