// A combobox (ARIA: editable, with list autocomplete) of the places that the server knows.
const PAUSE_MS = 200;

/** Make a search of the input of `box`; `choose` gets the place that was chosen. */
export function searchPlaces(box, texts, choose) {
  const input = box.querySelector("[role=combobox]");
  const list = box.querySelector("[role=listbox]");
  const tells = box.querySelector("[data-tells]");
  let places = [];
  let active = -1;
  let timer;
  let asking;

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    active = (index + places.length) % places.length;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    input.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function show() {
    list.replaceChildren(...places.map((place, at) => {
      const option = document.createElement("li");
      option.id = `${list.id}_${at}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.textContent = label(place);
      // Before the input loses the focus, which would close the list.
      option.addEventListener("mousedown", (event) => { event.preventDefault(); take(at); });
      return option;
    }));
    list.hidden = !places.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    active = -1;
    input.removeAttribute("aria-activedescendant");
    tells.textContent = places.length ? `${texts.found}: ${places.length}` : texts.none;
  }

  function take(at) {
    input.value = label(places[at]);
    tells.textContent = "";
    choose(places[at]);
    close();
  }

  async function ask() {
    asking?.abort();
    const query = input.value.trim();
    if (query.length < 2) {
      tells.textContent = "";
      close();
      return;
    }
    asking = new AbortController();
    try {
      const answer = await fetch(`${texts.places}?q=${encodeURIComponent(query)}`, { signal: asking.signal });
      const told = await answer.json();
      places = told.places;
      show();
      if (!answer.ok) tells.textContent = told.error || texts.failed;
    } catch (error) {
      if (error.name === "AbortError") return;
      close();
      tells.textContent = texts.failed;
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    if (event.key === "Enter") {
      event.preventDefault(); // The form is not sent by a search.
      if (open) take(Math.max(active, 0));
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      close();
    } else if (["ArrowDown", "ArrowUp"].includes(event.key) && places.length) {
      event.preventDefault();
      if (!open) show();
      mark(event.key === "ArrowDown" ? active + 1 : active - (active < 0 ? 0 : 1));
    }
  });
  box.hidden = false;
}

/** “Бугульма (Bugulma), RU”: the name that was typed, and the usual one. */
function label({ name, found, region, country }) {
  const names = found === name ? name : `${found} (${name})`;
  return [names, region, country].filter(Boolean).join(", ");
}
