package audit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/audit"
)

// The JSON of a report is for programs.
func TestReportAsJSON(t *testing.T) {
	dir, s := store(t)
	damages["page of zeros"](t, dir, s)
	report := check(t, dir)
	encoded, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report as JSON", strings.ReplaceAll(string(encoded), dir, "data")+"\n")
	var again audit.Report
	if err := json.Unmarshal(encoded, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report, &again); diff != "" {
		t.Errorf("the report is read back as another:\n%s", diff)
	}
}

// However much is damaged, a report lists the first of it and counts the rest.
func TestReportIsBounded(t *testing.T) {
	dir, _ := store(t)
	for n := 1; n <= blockNumbers(t, dir); n++ {
		path := at(dir, fmt.Sprintf("%d.blk", n))
		for i, offset := range records(t, path) {
			if i%2 == 1 && offset < fileSize(t, path) {
				flip(t, path, offset+50, 1)
			}
		}
	}
	report, err := audit.Store{Dir: dir, FindingsMost: 7}.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range report.Kinds {
		total += n
	}
	if len(report.Findings) != 7 || report.Omitted+7 != total || report.Severities[audit.Damage] != total || total < 50 {
		t.Errorf("%d findings are listed, %d omitted, of %v", len(report.Findings), report.Omitted, report.Kinds)
	}
	golden(t, "report that is bounded", text(t, report))
}

func TestStoreError(t *testing.T) {
	dir, s := store(t)
	if err := check(t, dir).Err(); err != nil {
		t.Errorf("a whole store: %v", err)
	}
	damages["page of zeros"](t, dir, s)
	err := check(t, dir).Err()
	var damaged *audit.StoreError
	if !errors.As(err, &damaged) || damaged.Report.Severity() != audit.Damage {
		t.Fatalf("a damaged store: %v", err)
	}
	golden(t, "error", strings.ReplaceAll(err.Error(), dir, "data")+"\n")
}
