package runindex

import (
	"fmt"
	"strings"
)

// The marks by which a file is known: whose it is, and which version of the tables below it holds. A change to any of them, or to
// what is folded into them, takes a new version: files of another one are built anew.
const (
	applicationID = 0x77656972 // "weir"
	schemaVersion = 7
)

// tables holds one row for each run and what hangs on it. A run's id is the sequence of its first commit, so that the order of
// ids is the order in which the runs of the stream began, every index ends with it, and a page is a walk along an index.
const tables = `
CREATE TABLE head (
	one           INTEGER PRIMARY KEY CHECK (one = 1),
	store         TEXT NOT NULL,    -- the store that the stream is in
	sequence      INTEGER NOT NULL, -- of the last commit that was folded
	digest        TEXT NOT NULL,    -- of that commit
	latest_start  INTEGER NOT NULL, -- the latest started_at so far
	retired       INTEGER NOT NULL, -- runs that are in the stream as one commit and not in the list
	skew          INTEGER NOT NULL, -- the most by which a run's started_at was before the latest so far
	longest       INTEGER NOT NULL  -- the most by which a run's ended_at was behind its started_at
) STRICT;
CREATE TABLE revision (
	id     INTEGER PRIMARY KEY,
	digest TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE run (
	id            INTEGER PRIMARY KEY,
	name          TEXT NOT NULL,
	workflow      TEXT NOT NULL,
	revision      INTEGER NOT NULL REFERENCES revision,
	status        INTEGER NOT NULL,
	started_at    INTEGER NOT NULL,
	updated_at    INTEGER NOT NULL,
	ended_at      INTEGER NOT NULL, -- never while the run goes on
	due           INTEGER,          -- NULL where nothing is
	last_event    INTEGER NOT NULL,
	last_sequence INTEGER NOT NULL,
	labels        TEXT,             -- a JSON object, NULL where there are none
	started_by    TEXT,
	parent        TEXT,             -- the run that started it, and by which attempt
	parent_node   TEXT,
	parent_visit  INTEGER,
	parent_attempt INTEGER,
	parent_item   INTEGER,          -- of a map, 0 where the attempt is of a visit
	queue_key     TEXT,             -- NULL where it does not wait in a queue before it begins, nor did
	priority      INTEGER,          -- likewise
	begun_at      INTEGER           -- of its first NodeStarted; NULL until then, and where queue_key is
) STRICT;
CREATE TABLE label (
	key    TEXT NOT NULL,
	value  TEXT NOT NULL,
	status INTEGER NOT NULL, -- the run's
	id     INTEGER NOT NULL,
	PRIMARY KEY (key, value, status, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE visit ( -- of runs that go on, and of failed ones what a retry opens again; and their maps' items whose child runs go on, and their scripts' calls that wait
	id        INTEGER NOT NULL,
	node      TEXT NOT NULL,
	number    INTEGER NOT NULL,
	item      INTEGER NOT NULL, -- or call, counts from 1; 0 is the visit itself
	begun     INTEGER NOT NULL, -- the number of its first NodeStarted, of an item's ChildStarted, of a call's last event
	attempt   INTEGER NOT NULL,
	phase     INTEGER NOT NULL,
	due       INTEGER NOT NULL, -- never where it waits for no time
	signal    TEXT NOT NULL,    -- that its attempts wait for, '' where they wait for none
	child     TEXT NOT NULL,    -- the run that its attempt has started, '' where none is known
	calling   INTEGER NOT NULL, -- of a durable script, the calls that are being executed
	executing INTEGER NOT NULL, -- of a map, the items that have begun by an event of their own, and neither ended nor become a child run
	PRIMARY KEY (id, node, number, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE error ( -- of failed runs
	id      INTEGER PRIMARY KEY,
	kind    TEXT NOT NULL,
	message TEXT NOT NULL,
	node    TEXT,
	visit   INTEGER NOT NULL
) STRICT;
CREATE VIRTUAL TABLE error_text USING fts5 (kind, message, content = 'error', content_rowid = 'id');
CREATE TABLE tally ( -- how many runs there are
	workflow TEXT NOT NULL,
	status   INTEGER NOT NULL,
	runs     INTEGER NOT NULL,
	PRIMARY KEY (workflow, status)
) STRICT, WITHOUT ROWID;
`

// names is by what a run is found. A build makes it at its end.
const names = "CREATE UNIQUE INDEX run_name ON run (name);"

// indexes is what the walks of plan.go go along. A build makes them at its end, from sorted rows.
var indexes = `
CREATE INDEX run_status ON run (status);
CREATE INDEX run_workflow ON run (status, workflow);
CREATE INDEX run_started ON run (started_at);
CREATE INDEX run_ended ON run (status, ended_at);
CREATE INDEX run_updated ON run (status, updated_at) WHERE ` + goesOn + `;
CREATE INDEX run_due ON run (due) WHERE due IS NOT NULL;
CREATE INDEX run_parent ON run (parent) WHERE parent IS NOT NULL;
CREATE INDEX run_begun ON run (workflow, begun_at) WHERE begun_at IS NOT NULL;
CREATE INDEX run_child ON run (parent) WHERE parent IS NOT NULL AND ` + goesOn + `;
CREATE INDEX visit_node ON visit (node) WHERE ` + isOpen + `;
CREATE INDEX visit_child ON visit (child) WHERE ` + waitsForChild + `;
CREATE INDEX error_node ON error (node) WHERE node IS NOT NULL;
`

// scaffold is what a build needs besides, as it has no index of the runs' names: those of the runs that may have further commits,
// and those that were retired after they were entered. A run that completed or was cancelled has no further commits.
const scaffold = `
CREATE TABLE unfinished (
	name TEXT PRIMARY KEY,
	id   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE gone (name TEXT NOT NULL) STRICT;
`

// derived fills what follows from the rows of runs, visits and errors alone. A build does it once, at its end.
const derived = `
INSERT OR IGNORE INTO label
	SELECT pair.key, pair.value, run.status, run.id
	FROM run, json_each(run.labels) pair WHERE run.labels IS NOT NULL AND pair.type = 'text' ORDER BY 1, 2, 3, 4;
INSERT INTO tally SELECT workflow, status, count(*) FROM run GROUP BY 1, 2;
INSERT INTO error_text (error_text) VALUES ('rebuild');
`

// marks is what tells the file from others.
func marks() string {
	return fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)
}

// instantText is SQL for a stamp as events write it.
func instantText(column string) string {
	const nanoseconds = "((%[1]s %% 1000000000 + 1000000000) %% 1000000000)"
	return fmt.Sprintf("strftime('%%Y-%%m-%%dT%%H:%%M:%%S', (%[1]s - "+nanoseconds+") / 1000000000, 'unixepoch') || printf('.%%09dZ', "+nanoseconds+")", column)
}

// word is SQL for the word of a code.
func word[T ~string](column string, words []T) string {
	var cases strings.Builder
	for i, w := range words {
		fmt.Fprintf(&cases, " WHEN %d THEN '%s'", i+1, w)
	}
	return "CASE " + column + cases.String() + " END"
}
