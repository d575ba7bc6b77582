// How sites and matches look on a map.
import { token } from "./basemap.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const count = (name) => ["coalesce", ["get", name], 0];
const state = (name) => ["boolean", ["feature-state", name], false];
const colour = () => [
  "case",
  ["!", ["has", "outputs"]], token("both"),
  ["==", ["get", "inputs"], 0], token("output"),
  ["==", ["get", "outputs"], 0], token("input"),
  token("both"),
];

/** Add empty sources and their layers: areas, lines, groups of sites and sites, from below. */
export function addLayers(map) {
  map.addSource("clusters", { type: "geojson", data: EMPTY, promoteId: "id" });
  map.addSource("matches", { type: "geojson", data: EMPTY });
  map.addSource("sites", {
    type: "geojson",
    data: EMPTY,
    cluster: true,
    clusterRadius: 18,
    clusterMaxZoom: 10,
    clusterProperties: {
      outputs: ["+", count("outputs")],
      inputs: ["+", count("inputs")],
    },
  });
  map.addLayer({
    id: "clusters",
    type: "fill",
    source: "clusters",
    paint: { "fill-color": token("area"), "fill-opacity": 0.18 },
  });
  map.addLayer({
    id: "cluster-edges",
    type: "line",
    source: "clusters",
    layout: { "line-join": "round" },
    paint: {
      "line-color": token("area"),
      "line-width": ["case", state("pointed"), 4, state("chosen"), 3, 1.5],
    },
  });
  map.addLayer({
    id: "matches",
    type: "line",
    source: "matches",
    layout: { "line-cap": "round" },
    paint: { "line-color": token("accent"), "line-width": 2, "line-opacity": 0.55 },
  });
  map.addLayer({
    id: "groups",
    type: "circle",
    source: "sites",
    filter: ["has", "point_count"],
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["get", "point_count"], 2, 11, 50, 22],
      "circle-color": colour(),
      "circle-stroke-color": token("surface"),
      "circle-stroke-width": 2,
    },
  });
  map.addLayer({
    id: "group-counts",
    type: "symbol",
    source: "sites",
    filter: ["has", "point_count"],
    layout: { "text-field": ["get", "point_count_abbreviated"], "text-size": 12, "text-allow-overlap": true },
    paint: { "text-color": token("surface") },
  });
  map.addLayer({
    id: "sites",
    type: "circle",
    source: "sites",
    filter: ["!", ["has", "point_count"]],
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["+", count("outputs"), count("inputs")], 1, 6, 20, 12],
      "circle-color": colour(),
      "circle-stroke-color": token("surface"),
      "circle-stroke-width": 1.5,
    },
  });
  map.addLayer({
    id: "pointed",
    type: "circle",
    source: "sites",
    filter: ["==", ["get", "id"], ""],
    paint: {
      "circle-radius": 16,
      "circle-color": "transparent",
      "circle-stroke-color": token("text"),
      "circle-stroke-width": 2,
    },
  });
}

/** Show or hide the areas of many matches. */
export function showClusters(map, visible) {
  for (const layer of ["clusters", "cluster-edges"]) {
    map.setLayoutProperty(layer, "visibility", visible ? "visible" : "none");
  }
}

/** Show these features: points as sites, lines as matches, areas as clusters of matches. */
export function setFeatures(map, { features }) {
  const kind = (type) => ({ type: "FeatureCollection", features: features.filter((f) => f.geometry.type === type) });
  map.getSource("sites").setData(kind("Point"));
  map.getSource("matches").setData(kind("LineString"));
  map.getSource("clusters").setData(kind("MultiPolygon"));
}
