package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The size of a picture, and what is left free around it.
const (
	width  = 6.4 * vg.Inch
	height = 3.2 * vg.Inch
	margin = 12
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: curves DOCS")
		os.Exit(1)
	}
	if err := show(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "curves:", err)
		os.Exit(1)
	}
}

// show draws the pictures and fills the page, in the directory of the docs.
func show(docs string) error {
	text, err := os.ReadFile(filepath.Join(docs, "performance.jsonl"))
	if err != nil {
		return err
	}
	all, err := read(text)
	if err != nil {
		return fmt.Errorf("performance.jsonl: %w", err)
	}
	for _, c := range curves {
		if err := c.save(all, filepath.Join(docs, "pictures")); err != nil {
			return fmt.Errorf("picture %s: %w", c.file, err)
		}
	}
	file := filepath.Join(docs, "performance.md")
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	filled, missing, err := fill(string(page), blocks(all))
	if err != nil {
		return err
	}
	for _, each := range missing {
		fmt.Fprintln(os.Stderr, "curves:", each)
	}
	return os.WriteFile(file, []byte(filled), 0o644)
}

// save draws a curve where it was measured.
func (c curve) save(all results, dir string) error {
	r, ok := all.find(wanted{workload: "growth", along: c.along})
	if !ok {
		return nil
	}
	p, err := c.draw(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	canvas := vgsvg.New(width, height)
	whole := draw.New(canvas)
	whole.SetColor(p.BackgroundColor)
	whole.Fill(whole.Rectangle.Path())
	p.Draw(draw.Crop(whole, margin, -margin, margin, -margin))
	var picture bytes.Buffer
	if _, err := canvas.WriteTo(&picture); err != nil {
		return err
	}
	text := bytes.ReplaceAll(picture.Bytes(), []byte("font-family:"+typeface), []byte("font-family:"+typeface+",Arial,Helvetica,sans-serif"))
	return os.WriteFile(filepath.Join(dir, "growth-"+c.file+".svg"), text, 0o644)
}

// typeface is what texts are laid out by; Arial's letters are as wide.
const typeface = "Liberation Sans"
