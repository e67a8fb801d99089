package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dop251/goja"

	"github.com/weirflow/weir/cmd/internal/profiles"
	"github.com/weirflow/weir/eventstore"
)

// inTurns measures two things in turns, for the whole of a time.
func inTurns(ctx context.Context, whole time.Duration, own, limit func(ctx context.Context, each time.Duration) driven) (owns, limits turns, err error) {
	each := whole / limitRounds / 2
	for round := range limitRounds + 1 {
		o := own(ctx, each)
		l := limit(ctx, each)
		if err := cmp.Or(o.err, l.err); err != nil {
			return nil, nil, err
		}
		if round > 0 { // the first is a warm-up
			owns, limits = append(owns, o), append(limits, l)
		}
	}
	return owns, limits, nil
}

// besideBare adds how a loop compares with its script and its condition alone.
func (b *bench) besideBare(ctx context.Context, t target, m *Measurement, name string, steps int) error {
	bare := newBareLoop()
	owns, bares, err := inTurns(ctx, b.duration(), func(ctx context.Context, each time.Duration) driven {
		return drive(ctx, 1, 0, each, func(int) error { return t.run(ctx, name) })
	}, func(ctx context.Context, each time.Duration) driven {
		return drive(ctx, 1, 0, each, func(int) error { return bare.run(steps) })
	})
	if err != nil {
		return err
	}
	m.add("bare_goja_steps_per_second", "limit: goja alone", Rate, bares.rate()*float64(steps))
	m.add("of_bare_goja", "steps for each of these", Number, owns.ratio(bares))
	return nil
}

// bareLoop is the script of a step and the condition after it as they are run by who has goja and no engine: compiled
// once, each executed in a runtime of its own, and the state handed over as JSON.
type bareLoop struct{ script, condition *goja.Program }

func newBareLoop() bareLoop {
	return bareLoop{
		script:    goja.MustCompile("script", "(text) => { const state = JSON.parse(text); state.i = (state.i ?? 0) + 1; return JSON.stringify(state) }", true),
		condition: goja.MustCompile("condition", "(text, steps) => { const state = JSON.parse(text); return state.i < steps }", true),
	}
}

// run makes so many steps.
func (l bareLoop) run(steps int) error {
	state := "{}"
	for made, more := 0, true; more; made++ {
		if made == steps {
			return errors.New("the condition has not ended the loop")
		}
		after, err := call(l.script, state)
		if err != nil {
			return err
		}
		state = after.String()
		again, err := call(l.condition, state, steps)
		if err != nil {
			return err
		}
		more = again.ToBoolean()
	}
	return nil
}

// call calls a function in a runtime of its own.
func call(function *goja.Program, arguments ...any) (goja.Value, error) {
	runtime := goja.New()
	value, err := runtime.RunProgram(function)
	if err != nil {
		return nil, err
	}
	f, _ := goja.AssertFunction(value) // it is one
	values := make([]goja.Value, len(arguments))
	for i, argument := range arguments {
		values[i] = runtime.ToValue(argument)
	}
	return f(goja.Undefined(), values...)
}

// besideAppend adds how linear runs compare with the commits alone that they consist of, by as many appenders as there
// are clients, to a store of their own.
func (b *bench) besideAppend(ctx context.Context, t target, m *Measurement, clients int) (err error) {
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: b.data(fmt.Sprintf("%d appenders", clients))})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	profiles.KeepWaits()
	before, err := t.use(ctx)
	if err != nil {
		return err
	}
	authors := newAuthors(clients)
	runs := 0
	owns, appends, err := inTurns(ctx, b.duration(), func(ctx context.Context, each time.Duration) driven {
		d := drive(ctx, clients, 0, each, func(int) error { return t.run(ctx, linearName) })
		runs += len(d.took)
		return d
	}, func(ctx context.Context, each time.Duration) driven {
		return appendAll(ctx, authors, each, func(a *author) error { return a.append(store) })
	})
	if err != nil {
		return err
	}
	after, err := t.use(ctx)
	if err != nil || after.commits == 0 { // they are not counted where each is synced by itself
		return err
	}
	perRun := (after.commits - before.commits) / float64(runs)
	m.add("append_per_second", "limit: commits alone", Rate, appends.rate())
	m.add("of_append", "commits for each of these", Number, perRun*owns.ratio(appends))
	return nil
}
