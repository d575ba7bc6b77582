// Suggests the units that fit the chosen resource; the server accepts any of the same dimension.
const units = JSON.parse(document.getElementById("units-of-types").textContent);
const form = document.querySelector("[data-flow-form]");
const { resource_type: type, unit } = form.elements;
const suggestions = document.getElementById("units");

function suggest() {
  const fitting = units[type.value] ?? [];
  suggestions.replaceChildren(
    ...fitting.map((name) => {
      const option = document.createElement("option");
      option.value = name;
      return option;
    }),
  );
  unit.placeholder = fitting[0] ?? "";
}

type.addEventListener("change", suggest);
suggest();
