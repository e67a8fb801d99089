package scripts

// answer is what a request has come to: a Result, of a body; Result.Returned, of an expression; holds, of a test; and what a turn
// of a durable script has come to beside its Result.
type answer struct {
	Result
	holds bool
	turned
}

func (w *writer) answer(number int, a *answer) {
	w.begin(frameResult)
	w.number(number)
	w.flag(a.holds)
	w.patch(a.Patch)
	w.flag(a.HasReturned)
	w.document(a.Returned)
	w.lines(a.Console)
	w.turned(&a.turned)
}

func (r *reader) answer() answer {
	a := answer{holds: r.flag()}
	a.Patch, a.HasReturned, a.Returned, a.Console = r.patch(), r.flag(), r.document(), r.lines()
	a.turned = r.turned()
	return a
}

func (w *writer) failure(kind byte, number int, e *Error) {
	w.begin(kind)
	w.number(number)
	w.text(e.Kind)
	w.text(e.Message)
	w.text(e.File)
	w.number(e.Line)
	w.number(e.Column)
	w.number(e.Call)
	w.lines(e.Console)
}

func (r *reader) failure() *Error {
	return &Error{Kind: r.text(), Message: r.text(), File: r.text(), Line: r.number(), Column: r.number(), Call: r.number(), Console: r.lines()}
}

func (w *writer) lines(lines []Line) {
	w.number(len(lines))
	for _, l := range lines {
		w.text(l.Level)
		w.text(l.Text)
		w.text(l.File)
		w.number(l.Line)
		w.number(l.Column)
	}
}

func (r *reader) lines() []Line {
	var lines []Line
	for n := r.number(); n > 0 && r.err == nil; n-- {
		lines = append(lines, Line{Level: r.text(), Text: r.text(), File: r.text(), Line: r.number(), Column: r.number()})
	}
	return lines
}
