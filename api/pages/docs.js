// Everything this page needs comes from this server: what would reach out is switched off.
Scalar.createApiReference("#reference", {
  url: "/openapi.json",
  layout: "modern",
  theme: "default",
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: "never",
  hideClientButton: true,
  persistAuth: false,
  agent: { disabled: true },
  documentDownloadType: "both",
  defaultOpenAllTags: false,
  operationTitleSource: "summary",
  servers: [{ url: window.location.origin }],
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
});
