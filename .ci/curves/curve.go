package main

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// curve is a picture of how one figure grows with another.
type curve struct {
	file, along    string
	x, y           string // figures
	xTitle, yTitle string // with units
	per            float64
	bytes          bool    // x is a size
	bound          float64 // how many times the cost at the first point may be reached, 0 where nobody has said
}

var curves = []curve{
	{file: "runs", along: "runs", x: "stored_runs", y: "cpu_ms_per_run", xTitle: "stored runs that have ended", yTitle: "CPU a run, ms", bound: growthMost},
	{file: "state", along: "state", x: "state_bytes", y: "cpu_us_per_step", xTitle: "size of the state", yTitle: "CPU a step, µs", bytes: true},
	{file: "history", along: "history", x: "events", y: "cpu_us_per_step", xTitle: "events of the run", yTitle: "CPU a step, µs", bound: growthMost},
	{file: "tails", along: "tails", x: "tails", y: "cpu_ms_per_run", xTitle: "open WebSockets", yTitle: "CPU a run, ms"},
	{file: "open", along: "open", x: "open_runs", y: "cpu_ms_per_run", xTitle: "runs that wait", yTitle: "CPU a run, ms"},
	{file: "open-memory", along: "open", x: "open_runs", y: "idle_rss_bytes", xTitle: "runs that wait", yTitle: "memory (RSS), MiB", per: mib},
	{file: "open-start", along: "open", x: "open_runs", y: "ready_seconds", xTitle: "runs that wait", yTitle: "start until ready, s"},
}

// growthMost is how much more a run, or a step, may cost at the end of a curve.
const growthMost = 1.2

var (
	ink   = color.RGBA{R: 0x24, G: 0x29, B: 0x2f, A: 0xff}
	faint = color.RGBA{R: 0xd8, G: 0xde, B: 0xe4, A: 0xff}
	blue  = color.RGBA{R: 0x09, G: 0x69, B: 0xda, A: 0xff}
	band  = color.RGBA{R: 0xcf, G: 0xe3, B: 0xfb, A: 0xff}
	red   = color.RGBA{R: 0xcf, G: 0x22, B: 0x2e, A: 0xff}
)

// points are the figures of a curve, x as the logarithm; what has none of it stands a step of ten before the first.
func (c curve) points(r result) (line plotter.XYs, spread plotter.XYs, ticks []plot.Tick) {
	per := max(1, c.per)
	var least, most plotter.XYs
	for i, m := range r.Measurements {
		x, y := m.figures[c.x], m.figures[c.y]/per
		at := math.Log10(x)
		if x == 0 && len(r.Measurements) > i+1 {
			at = math.Log10(r.Measurements[i+1].figures[c.x]) - 1
		}
		line = append(line, plotter.XY{X: at, Y: y})
		ticks = append(ticks, plot.Tick{Value: at, Label: c.label(x)})
		if v, ok := m.figures[c.y+"_least"]; ok {
			least = append(least, plotter.XY{X: at, Y: v / per})
			most = append(most, plotter.XY{X: at, Y: m.figures[c.y+"_most"] / per})
		}
	}
	slices.Reverse(least) // around the band: the upper edge there, the lower one back
	return line, append(most, least...), ticks
}

func (c curve) label(x float64) string {
	switch {
	case c.bytes && x >= 1e6:
		return fmt.Sprintf("%g MB", x/1e6)
	case c.bytes:
		return fmt.Sprintf("%g KB", x/1e3)
	default:
		return number(x)
	}
}

// draw makes the picture. It has a ground of its own, so that it can be read on light pages and on dark ones.
func (c curve) draw(r result) (*plot.Plot, error) {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	plotter.DefaultFont = plot.DefaultFont
	p := plot.New()
	p.BackgroundColor = color.White
	p.X.Label.Text, p.Y.Label.Text = c.xTitle, c.yTitle
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Label.TextStyle.Color, axis.Tick.Label.Color, axis.Tick.Color = ink, ink, ink, ink
		axis.Label.TextStyle.Font.Size, axis.Tick.Label.Font.Size = 11, 10
		axis.Label.Padding = 6
	}
	line, spread, ticks := c.points(r)
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	p.X.Padding, p.Y.Padding = 6, 0

	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	grid.Horizontal.Color = faint
	p.Add(grid)
	if len(spread) > 0 {
		area, err := plotter.NewPolygon(spread)
		if err != nil {
			return nil, err
		}
		area.Color, area.LineStyle.Width = band, 0
		p.Add(area)
		p.Legend.Add("every round", area)
	}
	through, dots, err := plotter.NewLinePoints(line)
	if err != nil {
		return nil, err
	}
	through.Color, through.Width = blue, vg.Points(2)
	dots.Color, dots.Radius, dots.Shape = blue, vg.Points(3), draw.CircleGlyph{}
	p.Add(through, dots)
	if len(spread) > 0 {
		p.Legend.Add("mean", through, dots)
	}
	top := 0.0
	for _, xy := range append(line, spread...) {
		top = max(top, xy.Y)
	}
	if c.bound > 0 {
		top = max(top, c.addBound(p, r, line))
	}
	p.Y.Min, p.Y.Max = 0, top*1.5                               // the legend is above
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs = true, true, 8 // with the text to the right, which other fonts may make wider
	p.Legend.TextStyle.Color, p.Legend.TextStyle.Font.Size, p.Legend.Padding = ink, 10, 4
	return p, nil
}

// addBound draws what the cost may grow to, and returns it.
func (c curve) addBound(p *plot.Plot, r result, line plotter.XYs) float64 {
	first := r.beginning(c.x)
	bound := line[first].Y * c.bound
	limit, err := plotter.NewLine(plotter.XYs{{X: line[first].X, Y: bound}, {X: line[len(line)-1].X, Y: bound}})
	if err != nil {
		panic(err) // two points make a line
	}
	limit.Color, limit.Dashes = red, []vg.Length{vg.Points(5), vg.Points(4)}
	p.Add(limit)
	p.Legend.Add(fmt.Sprintf("%.0f %% more than at %s", 100*(c.bound-1), c.label(r.Measurements[first].figures[c.x])), limit)
	return bound
}
