// Package api is weir's HTTP face: the native /v1 calls, the classic calls of the engines that came before,
// live tails by WebSocket and server-sent events, the OpenAPI document and its page, and health checks.
//
// It promises:
//
//   - An event's bytes leave exactly as they were stored, whether by list, WebSocket or SSE.
//   - Numbers keep every digit: request values are read by package document, never through float64.
//   - Every error is an RFC 9457 problem with a stable type and names every bad field at once. Errors of
//     the layers below are mapped to problems in one place, problemOf.
//   - Whatever is asked twice with the same run id or Idempotency-Key is done once.
//   - A client that leaves stops nothing: a run belongs to the system, a wait to the client.
//   - Browsers on other sites reach nothing: Host headers are checked against a list, Origin headers
//     against the host.
//
// The package owns no state of runs or workflows; it translates. A server is a handler, or serves by itself:
//
//	server := api.New(api.Config{System: system, Store: store, Logger: logger, Version: version})
//	go func() { done <- server.Serve(listener) }()
//	…
//	err := server.Shutdown(ctx) // waiting calls answer 503, tails say where to resume
//
// Files are named by what they serve; classic*.go is the adapter for the classic calls and is used by
// nothing else.
package api
