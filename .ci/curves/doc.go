// Command curves draws what `weir bench --json` has measured: pictures in docs/pictures, and the tables of
// docs/performance.md, which stand there between marks. It is a module of its own, so that weir gets none of what it needs.
//
//	go run -C .ci/curves . ../../docs
//
// reads docs/performance.jsonl. A curve or a table that has no figures stays as it is, and is told.
package main
