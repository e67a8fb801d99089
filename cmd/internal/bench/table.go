package bench

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// WriteTable writes a result for people: a column for each case and a row for each figure.
func WriteTable(out io.Writer, r Result) error {
	var text bytes.Buffer
	where := r.Environment
	fmt.Fprintf(&text, "%s  %s\n", r.Workload, r.About)
	fmt.Fprintf(&text, "  %s, weir %s, %s, %s, %d cores, %s, sync %s", r.Mode, where.Version, where.Go, where.Platform, where.Cores, where.Filesystem, where.Sync)
	if where.Load != nil {
		fmt.Fprintf(&text, ", load %.2f", *where.Load)
	}
	text.WriteString("\n")
	figures := figuresOf(r.Measurements)
	width := 0
	for _, f := range figures {
		width = max(width, len(f.Title))
	}
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(title string, cell func(Measurement) string) {
		cells := []string{fmt.Sprintf("%-*s", width, title)} // the others stand to the right
		for _, m := range r.Measurements {
			cells = append(cells, cell(m))
		}
		fmt.Fprintf(table, "%s\t\n", strings.Join(cells, "\t"))
	}
	row("", func(m Measurement) string { return m.Case })
	for _, f := range figures {
		row(f.Title, func(m Measurement) string { return m.text(f.Name) })
	}
	if err := table.Flush(); err != nil {
		return err
	}
	text.WriteString("\n")
	_, err := out.Write(text.Bytes())
	return err
}

// figuresOf lists the figures that any of the cases has, each once.
func figuresOf(measured []Measurement) (all []Figure) {
	seen := map[string]bool{}
	for _, m := range measured {
		for _, f := range m.Figures {
			if !seen[f.Name] {
				seen[f.Name] = true
				all = append(all, f)
			}
		}
	}
	return all
}

// text is a figure for people, "" where the case does not have it.
func (m Measurement) text(name string) string {
	for _, f := range m.Figures {
		if f.Name == name {
			return f.text()
		}
	}
	return ""
}

func (f Figure) text() string {
	switch f.Unit {
	case Bytes:
		return bytesText(f.Value)
	case Rate:
		return numberText(f.Value) + "/s"
	case Millis, Micros, Seconds:
		return numberText(f.Value) + " " + string(f.Unit)
	case Number:
	}
	return numberText(f.Value)
}

// numberText writes three digits at least, and the thousands apart.
func numberText(v float64) string {
	digits := 0
	if v != math.Trunc(v) && math.Abs(v) < 100 {
		digits = 2
		if math.Abs(v) < 1 {
			digits = 3
		}
	}
	text := strconv.FormatFloat(v, 'f', digits, 64)
	whole, rest, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		return whole + "." + rest
	}
	return whole
}

func bytesText(v float64) string {
	for _, unit := range []string{"B", "KiB"} {
		if math.Abs(v) < 10<<10 {
			return numberText(math.Round(v)) + " " + unit
		}
		v /= 1 << 10
	}
	return numberText(math.Round(v*10)/10) + " MiB"
}
