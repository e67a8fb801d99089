package audit

import (
	"fmt"
	"strings"
)

// This file writes the findings of a stream's blocks for people.

// closed is damage with whole records behind it.
func (l *ledger) closed(w wound, again bool) {
	spans, missing := l.account.without(w.Span, spansMost)
	f := l.wounded(BadRecord, w)
	f.Sequences = spans
	switch {
	case missing == 0:
		f.Severity = Danger
		f.Text += " No message is missing here: what stood here was deleted, or was no message."
	case again:
		f.Text += " What is missing is counted with the damage before it."
	default:
		f.Missing = missing
		f.Text += " " + sequencesText(spans, missing) + lostText(missing)
	}
	// What others point to is surer than what the damaged bytes seem to be.
	if ids := l.account.pointing(w.Span); len(ids) > 0 {
		f.name(ids)
	} else {
		l.guess(&f, w)
	}
	l.found.add(f)
}

// guess says whose the damaged bytes seem to be.
func (l *ledger) guess(f *Finding, w wound) {
	if w.id != "" {
		f.name([]string{w.id})
		f.Text += fmt.Sprintf(" The damaged bytes seem to be of %s %s.", l.stream.owner, w.id)
	}
}

// unbounded is damage behind the last sequence that is not the end of the newest block.
func (l *ledger) unbounded(w wound) {
	f := l.wounded(BadRecord, w)
	f.Text += " Nothing behind it tells how much is missing."
	l.guess(&f, w)
	l.found.add(f)
}

// torn is last writes that were cut off.
func (l *ledger) torn(w wound) {
	f := l.wounded(TornTail, w)
	f.Severity = Harmless
	f.Text = fmt.Sprintf("The last write was cut off: %s behind sequence %d cannot be read.", bytesText(w.length), w.From-1)
	if w.From <= l.account.last {
		f.Text += fmt.Sprintf(" With it the server drops what follows, up to sequence %d.", l.account.last)
	}
	if l.durable != nil {
		f.Text += " It lies behind the durable mark, where a crash leaves such an end: nothing of it was acknowledged."
	} else {
		f.Text += " There is no durable mark to tell whether it was acknowledged."
	}
	l.found.add(f)
}

// lostTail is a stream that ends before the durable mark, with damage there or without.
func (l *ledger) lostTail(w *wound, span Span) {
	f := Finding{Kind: LostTail, Severity: Damage, Stream: l.stream.name, File: l.stream.path(messagesDir)}
	if w != nil {
		f = l.wounded(LostTail, *w)
		f.Text += " "
	} else if l.newest != 0 {
		f.File = l.stream.path(messagesDir, blockName(l.newest))
	}
	f.Sequences, f.Missing = []Span{span}, span.count()
	f.Text += fmt.Sprintf("The stream ends with sequence %d, and everything up to %d was durable: %s%s", l.account.last, span.To,
		lowerFirst(sequencesText(f.Sequences, f.Missing)), lostText(f.Missing))
	if w == nil {
		f.Text += " The newest block was cut short or is missing, or older files were put in its place."
	} else {
		l.guess(&f, *w)
	}
	l.found.add(f)
}

// wounded begins a finding about bytes that are no record.
func (l *ledger) wounded(kind Kind, w wound) Finding {
	f := Finding{
		Kind: kind, Severity: Damage, Stream: l.stream.name, File: w.path, Offset: w.offset, Bytes: w.length,
		Text: fmt.Sprintf("%s: %s cannot be read", upperFirst(w.reason), bytesText(w.length)),
	}
	if w.atEnd {
		f.Text += ", up to the end of the block."
	} else {
		f.Text += "; what follows is whole."
	}
	if w.fatal {
		f.Text += " A server that rebuilds the stream fails here, and removes all of it."
	}
	return f
}

// missing is a span that nothing accounts for.
func (l *ledger) missing(span Span) {
	before, behind := l.account.around(span)
	f := Finding{
		Kind: MissingSequences, Severity: Damage, Stream: l.stream.name, File: l.stream.path(messagesDir, blockName(behind)),
		Sequences: []Span{span}, Missing: span.count(),
	}
	text := sequencesText(f.Sequences, f.Missing)
	if files := missingFiles(before, behind); files != "" {
		f.Kind, f.File = MissingBlock, l.stream.path(messagesDir, blockName(before+1))
		f.Text = fmt.Sprintf("%s missing or empty. %s%s", files, text, lostText(f.Missing))
	} else {
		f.Text = fmt.Sprintf("%s missing, and nothing says that %s deleted.", text+isAre(f.Missing), itThey(f.Missing))
		if before > 0 && before != behind {
			f.Text += fmt.Sprintf(" The place is the end of %s or the beginning of %s.", blockName(before), blockName(behind))
		}
	}
	f.name(l.account.pointing(span))
	l.found.add(f)
}

// more is what is missing beyond what is listed.
func (l *ledger) more(missing uint64) {
	l.found.add(Finding{
		Kind: MissingSequences, Severity: Damage, Stream: l.stream.name, File: l.stream.path(messagesDir), Missing: missing,
		Text: fmt.Sprintf("In other places %s%s missing too.", plural(missing, "sequence"), isAre(missing)),
	})
}

func (l *ledger) disorder(b *block, e *entry, last uint64) {
	l.found.add(Finding{
		Kind: Disorder, Severity: Damage, Stream: l.stream.name, File: b.path, Offset: int64(e.offset), Bytes: int64(e.length),
		Sequences: []Span{{e.sequence, e.sequence}},
		Text: fmt.Sprintf("Sequence %d stands behind sequence %d: it is there twice, or out of order. Only what comes in order counts.",
			e.sequence, last),
	})
}

func (l *ledger) misfit(m misfit) {
	f := Finding{
		Kind: BadRecord, Severity: Danger, Stream: l.stream.name, File: m.path, Offset: m.offset, Bytes: m.bytes,
		Sequences: []Span{{m.sequence, m.sequence}},
		Text: fmt.Sprintf("The headers of the message do not end where the record says. "+
			"All of it is there, but the server hands out other bytes for sequence %d.", m.sequence),
	}
	f.name([]string{m.id})
	l.found.add(f)
}

// breach is a run or workflow that does not go on as it must.
func (l *ledger) breach(b *breach) {
	f := Finding{
		Kind: b.kind, Severity: Damage, Stream: l.stream.name, File: b.path, Offset: b.offset, Bytes: b.bytes,
		Sequences: []Span{{b.sequence, b.sequence}},
	}
	f.name([]string{b.id})
	unit := l.stream.unit
	switch what := upperFirst(l.stream.owner) + " " + b.id; b.kind {
	case BadMessage:
		f.Text = fmt.Sprintf("%s: sequence %d is not what weir writes: %s.", what, b.sequence, b.reason)
	case ForeignMessage:
		f.Text = fmt.Sprintf("%s: sequence %d belongs to %s %s and stands under this one's subject.", what, b.sequence, l.stream.owner, b.reason)
	case NewerFormat:
		f.Severity = Danger
		f.Text = fmt.Sprintf("%s: a newer weir has written sequence %d: %s.", what, b.sequence, b.reason)
	case ChainBroken:
		f.Text = fmt.Sprintf("%s: the commit with %s %d does not continue the one before it.", what, unit, b.first)
	case NumbersBroken:
		switch {
		case b.first > b.last+2:
			f.Text = fmt.Sprintf("%s: %ss %d to %d are missing.", what, unit, b.last+1, b.first-1)
		case b.first == b.last+2:
			f.Text = fmt.Sprintf("%s: %s %d is missing.", what, unit, b.last+1)
		default:
			f.Text = fmt.Sprintf("%s: %s %d stands behind %s %d.", what, unit, b.first, unit, b.last)
		}
	}
	switch {
	case l.stream == workflows:
	case b.last == 0:
		f.Text += " Nothing of it can be saved."
	case b.last == 1:
		f.Text += fmt.Sprintf(" Its first %s is whole.", unit)
	default:
		f.Text += fmt.Sprintf(" Its first %s %ss are whole.", count(b.last), unit)
	}
	l.found.add(f)
}

// missingFiles names the blocks between two numbers, as the beginning of a sentence.
func missingFiles(before, behind uint32) string {
	if behind <= before+1 {
		return ""
	}
	first, last := blockName(before+1), blockName(behind-1)
	switch behind - before - 1 {
	case 1:
		return fmt.Sprintf("The block %s is", first)
	case 2:
		return fmt.Sprintf("The blocks %s and %s are", first, last)
	default:
		return fmt.Sprintf("The blocks %s to %s are", first, last)
	}
}

// sequencesText names sequences, as the beginning of a sentence.
func sequencesText(spans []Span, missing uint64) string {
	if missing == 1 && len(spans) == 1 {
		return fmt.Sprintf("Sequence %d", spans[0].From)
	}
	var parts []string
	listed := uint64(0)
	for _, s := range spans {
		listed += s.count()
		switch s.count() {
		case 1:
			parts = append(parts, fmt.Sprint(s.From))
		default:
			parts = append(parts, fmt.Sprintf("%d to %d", s.From, s.To))
		}
	}
	text := "Sequences " + strings.Join(parts, ", ")
	if listed < missing {
		text += fmt.Sprintf(" and others, %s in all", count(missing))
	}
	return text
}

func lostText(missing uint64) string {
	if missing == 1 {
		return " is lost."
	}
	return " are lost."
}

func isAre(missing uint64) string {
	if missing == 1 {
		return " is"
	}
	return " are"
}

func itThey(missing uint64) string {
	if missing == 1 {
		return "it was"
	}
	return "they were"
}
