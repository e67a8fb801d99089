package main

import (
	"encoding/xml"
	"strings"
	"time"
)

// The elements of a JUnit report, as CI servers read it.
type (
	junitSuites struct {
		XMLName  xml.Name      `xml:"testsuites"`
		Name     string        `xml:"name,attr"`
		Tests    int           `xml:"tests,attr"`
		Failures int           `xml:"failures,attr"`
		Time     string        `xml:"time,attr"`
		Suites   []*junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit renders a report, with a suite for each file of tests.
func junit(report *testReport) ([]byte, error) {
	all := junitSuites{Name: "weir", Tests: len(report.tests), Failures: report.failed, Time: seconds(report.took)}
	var took time.Duration // of the suite
	for i := range report.tests {
		t := &report.tests[i]
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != t.file {
			all.Suites = append(all.Suites, &junitSuite{Name: t.file})
			took = 0
		}
		suite := all.Suites[len(all.Suites)-1]
		suite.Tests++
		took += t.took
		suite.Time = seconds(took)
		c := junitCase{Name: t.test.Name, Class: t.of.Name, File: t.file, Line: t.test.Position.Line, Time: seconds(t.took)}
		if !t.result.Passed() {
			suite.Failures++
			c.Failure = failureOf(t)
		}
		suite.Cases = append(suite.Cases, c)
	}
	data, err := xml.MarshalIndent(all, "", "  ")
	return append([]byte(xml.Header), append(data, '\n')...), err
}

func failureOf(t *tested) *junitFailure {
	texts := make([]string, len(t.result.Mismatches))
	for i, m := range t.result.Mismatches {
		texts[i] = m.String()
	}
	return &junitFailure{Message: texts[0], Type: string(t.result.Mismatches[0].About), Text: strings.Join(texts, "\n")}
}
