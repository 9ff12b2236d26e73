// Ties sentences to their evidence: pointing lights both ways, a click pins. Without it the links still work.
const lines = [...document.querySelectorAll("[data-evidence]")];
const places = line => line.dataset.evidence.split(" ").flatMap(id => [id, `cell-${id}`])
  .map(id => document.getElementById(id)).filter(Boolean);
const light = (line, on) => places(line).forEach(place => place.classList.toggle("lit", on));
let pinned = null;

function pin(line) {
  if (pinned) { pinned.classList.remove("pinned"); light(pinned, false); }
  pinned = pinned === line ? null : line;
  if (!pinned) return;
  pinned.classList.add("pinned");
  light(pinned, true);
  const first = places(pinned)[0];
  if (first) first.closest("figure, .sheet, tr, blockquote, .card").scrollIntoView({ block: "nearest", behavior: "smooth" });
}

for (const line of lines) {
  line.addEventListener("mouseenter", () => light(line, true));
  line.addEventListener("mouseleave", () => { light(line, false); if (pinned) light(pinned, true); });
  line.addEventListener("click", event => { if (!event.target.closest("a")) pin(line); });
  line.addEventListener("keydown", event => { if (event.key === "Enter" && event.target === line) pin(line); });
  for (const place of places(line)) {
    place.addEventListener("mouseenter", () => line.classList.add("lit"));
    place.addEventListener("mouseleave", () => line.classList.remove("lit"));
  }
}

for (const film of document.querySelectorAll("figure img")) {
  film.addEventListener("click", () => film.closest("figure").classList.toggle("wide"));
}
