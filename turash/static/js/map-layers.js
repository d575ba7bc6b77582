// How sites and matches look on a map.
import { token } from "./basemap.js";

/** Deeper in, the deepest tiles are shown larger. */
const DEEPEST_ZOOM = 14;
export const EMPTY = { type: "FeatureCollection", features: [] };
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
  addAreas(map);
  addLines(map, 2);
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
  const isGroup = ["has", "point_count"];
  const size = ["interpolate", ["linear"], ["get", "point_count"], 2, 11, 50, 22];
  addGroups(map, { source: "sites", filter: isGroup }, size, ["get", "point_count_abbreviated"]);
  addDots(map, { source: "sites", filter: ["!", isGroup] });
}

/** Add the same of vector tiles: squares with many flows in place of groups; matches are arcs. */
export function addTileLayers(map, url) {
  addAreas(map);
  addLines(map, ["interpolate", ["linear"], ["get", "score"], 0.4, 1, 1, 4]);
  map.addSource("tiles-of-sites", { type: "vector", tiles: [url], minzoom: 0, maxzoom: DEEPEST_ZOOM });
  map.addSource("pointed", { type: "geojson", data: EMPTY });
  const flows = ["+", count("outputs"), count("inputs")];
  const size = ["interpolate", ["linear"], ["log10", flows], 0, 7, 2, 11, 4, 18, 6, 26];
  const source = "tiles-of-sites";
  addGroups(map, { source, "source-layer": "cells" }, size, [
    "case",
    [">=", flows, 1e6], ["concat", ["round", ["/", flows, 1e6]], "M"],
    [">=", flows, 1e4], ["concat", ["round", ["/", flows, 1e3]], "k"],
    ["to-string", flows],
  ]);
  addDots(map, { source, "source-layer": "sites" });
  map.addLayer({
    id: "pointed",
    type: "circle",
    source: "pointed",
    paint: {
      "circle-radius": 16,
      "circle-color": "transparent",
      "circle-stroke-color": token("text"),
      "circle-stroke-width": 2,
    },
  });
}

function addAreas(map) {
  map.addSource("clusters", { type: "geojson", data: EMPTY, promoteId: "id" });
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
}

function addLines(map, width) {
  map.addSource("matches", { type: "geojson", data: EMPTY });
  map.addLayer({
    id: "matches",
    type: "line",
    source: "matches",
    layout: { "line-cap": "round" },
    paint: { "line-color": token("accent"), "line-width": width, "line-opacity": 0.55 },
  });
}

function addGroups(map, of, size, text) {
  map.addLayer({
    ...of,
    id: "groups",
    type: "circle",
    paint: {
      "circle-radius": size,
      "circle-color": colour(),
      "circle-stroke-color": token("surface"),
      "circle-stroke-width": 2,
    },
  });
  map.addLayer({
    ...of,
    id: "group-counts",
    type: "symbol",
    layout: { "text-field": text, "text-size": 12, "text-allow-overlap": true },
    paint: { "text-color": token("surface") },
  });
}

function addDots(map, of) {
  map.addLayer({
    ...of,
    id: "sites",
    type: "circle",
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["+", count("outputs"), count("inputs")], 1, 6, 20, 12],
      "circle-color": colour(),
      "circle-stroke-color": token("surface"),
      "circle-stroke-width": 1.5,
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
