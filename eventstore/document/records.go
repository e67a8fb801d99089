package document

// Records makes objects one after another. Those that have the same keys in the same order share them, as the records of one list
// do, and cost only their values. The zero Records is ready; it must not be used by two goroutines at once.
type Records struct {
	made  bool    // some object
	forms []*form // those met last, at most formsMax
	next  int     // the one that is replaced next
}

// form is how the members of a record come, and where they belong.
type form struct {
	keys  []string // as they were given
	at    []int    // the position of each among the shape's
	shape *shape
}

const (
	formsMax = 8
	// formKeysMax is the most keys of an object that may be a record. Larger ones are tables: no two have the same keys.
	formKeysMax = 32
)

// Object returns the same as the function Object. It keeps nothing of the slice of members.
func (r *Records) Object(members []Member) Value {
	if len(members) == 0 || len(members) > formKeysMax {
		return Object(members...)
	}
	for _, f := range r.forms {
		if f.fits(members) {
			values := make([]Value, len(members))
			for i, m := range members {
				values[f.at[i]] = m.Value
			}
			return Value{newObject(f.shape, values)}
		}
	}
	v := Object(members...)
	if !r.made { // and perhaps it stays the only one
		r.made = true
		return v
	}
	if shape := v.object("Object").shape; len(shape.keys) == len(members) {
		r.remember(newForm(members, shape))
	}
	return v
}

func (r *Records) remember(f *form) {
	if len(r.forms) < formsMax {
		r.forms = append(r.forms, f)
		return
	}
	r.forms[r.next] = f
	r.next = (r.next + 1) % formsMax
}

// newForm returns the form of members whose keys are those of the shape, each once.
func newForm(members []Member, s *shape) *form {
	f := &form{keys: make([]string, len(members)), at: make([]int, len(members)), shape: s}
	for i, m := range members {
		f.keys[i] = m.Key
		f.at[i], _ = s.find(validKey(m.Key))
	}
	return f
}

func (f *form) fits(members []Member) bool {
	if len(f.keys) != len(members) {
		return false
	}
	for i, key := range f.keys {
		if members[i].Key != key {
			return false
		}
	}
	return true
}
