// cut_land.mjs GEOJSON OUT: land and borders as Mapbox Vector Tiles, one after the other in OUT:
// zoom, x, y, length (unsigned, 32 bits, little endian), then the tile itself.
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { GeoJSONVT } from "@maplibre/geojson-vt";
import { fromGeojsonVt } from "@maplibre/vt-pbf";

// A unit is 44 m wide at 55° north: finer than the coast that is cut, which is good to 100 m.
const MAX_ZOOM = 7;
// Of 4096 units in a tile, which is drawn 512 pixels wide: what is smaller is not seen.
const TOLERANCE = 8;

// Ponds would be triangles: only waters are kept that are at least so wide or high, in degrees.
const SMALLEST_LAKE = 0.02;

function isLake(ring) {
  const [width, height] = [0, 1].map((axis) => {
    const ends = ring.map((point) => point[axis]);
    return Math.max(...ends) - Math.min(...ends);
  });
  return Math.max(width, height) >= SMALLEST_LAKE;
}

const [source, target] = process.argv.slice(2);
const countries = JSON.parse(readFileSync(source));
for (const country of countries.features) {
  country.properties = {};
  const { type, coordinates } = country.geometry;
  for (const rings of type === "Polygon" ? [coordinates] : coordinates) {
    rings.splice(1, rings.length, ...rings.slice(1).filter(isLake));
  }
}
const index = new GeoJSONVT(countries, {
  maxZoom: MAX_ZOOM, indexMaxZoom: MAX_ZOOM, indexMaxPoints: 0, tolerance: TOLERANCE, extent: 4096, buffer: 64,
});
const file = openSync(target, "w");

function write(zoom, x, y) {
  const tile = index.getTile(zoom, x, y);
  if (!tile?.features.length) return;
  const content = fromGeojsonVt({ land: tile }, { version: 2 });
  writeSync(file, new Uint8Array(new Uint32Array([zoom, x, y, content.length]).buffer));
  writeSync(file, content);
  if (zoom === MAX_ZOOM) return;
  for (const [right, down] of [[0, 0], [1, 0], [0, 1], [1, 1]]) write(zoom + 1, 2 * x + right, 2 * y + down);
}

write(0, 0, 0);
closeSync(file);
