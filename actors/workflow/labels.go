package workflow

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// LabelsMax is how many labels a workflow, and a run, may have, and LabelBytesMax how long the text of each may be.
const (
	LabelsMax     = 64
	LabelBytesMax = 256
)

var labelPattern = regexp.MustCompile(`^[A-Za-z0-9_./-]{1,64}$`)

// CheckLabels returns what is wrong with the labels of a run, nil where nothing is. They are held to what those of a
// workflow are. Paths lead to a label, or to labels where there are too many.
func CheckLabels(labels map[string]string) Problems {
	var found Problems
	report := func(t *trail, code, message string) {
		if message != "" {
			found = append(found, Problem{Severity: SeverityError, Path: t.String(), Code: code, Message: message})
		}
	}
	all := under(nil, "labels")
	if len(labels) > LabelsMax {
		report(all, CodeTooLarge, fmt.Sprintf("a run has at most %d labels, not %d", LabelsMax, len(labels)))
		return found
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		at := under(all, name)
		report(at, CodeInvalidName, labelName(name))
		report(at, CodeTooLarge, labelText(at, labels[name]))
	}
	return found
}

// labelName says what is wrong with a label's name, "" where nothing is.
func labelName(name string) string {
	if labelPattern.MatchString(name) {
		return ""
	}
	return quote(name) + " cannot be the name of a label: names are 1 to 64 of the characters A-Z a-z 0-9 _ . / -"
}

// labelText says what is wrong with a label's text, "" where nothing is.
func labelText(at *trail, text string) string {
	if len(text) <= LabelBytesMax {
		return ""
	}
	return fmt.Sprintf("%s is longer than %d bytes", at, LabelBytesMax)
}
