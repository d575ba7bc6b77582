// Links `data-png`: the SVG at their address, drawn by the browser and saved as an image.
const SCALE = 2;

async function draw(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * SCALE;
  canvas.height = image.naturalHeight * SCALE;
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

async function save(link) {
  const file = document.createElement("a");
  file.href = URL.createObjectURL(await draw(link.href));
  file.download = link.dataset.png;
  file.click();
  setTimeout(() => URL.revokeObjectURL(file.href), 10_000);
}

// Where this runs the links work; fragments bring new ones.
function offer() {
  for (const link of document.querySelectorAll("[data-png][hidden]")) link.hidden = false;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-png]");
  if (!link) return;
  event.preventDefault();
  save(link);
});
document.body.addEventListener("htmx:load", offer);
offer();
