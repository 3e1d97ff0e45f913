// Shows the description that lies beside the page; "try it out" asks the node that the page comes from.
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "none",
  filter: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // nobody else is asked whether the description is valid
});
