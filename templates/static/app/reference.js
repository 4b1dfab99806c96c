// The endpoints of /api/docs: swagger-ui on our own document.

const place = document.getElementById("endpoints");
const dark = matchMedia("(prefers-color-scheme: dark)");
const shade = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", shade);
shade();

window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  tagsSorter: "alpha",
  validatorUrl: null, // the default one is on somebody else's server
  // A link to a problem's row is in every problem document; swagger-ui has grown the page since it was followed.
  onComplete: () => location.hash.startsWith("#problem-") && document.querySelector(location.hash)?.scrollIntoView(),
});
