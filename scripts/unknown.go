package scripts

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
)

// globals are the names that every script has from JavaScript, the mends among them.
var globals = sync.OnceValue(func() map[string]bool {
	x := &execution{rt: goja.New()}
	x.mend(slices.Collect(maps.Values(mendPrograms())))
	names := map[string]bool{}
	for _, name := range x.rt.GlobalObject().GetOwnPropertyNames() {
		names[name] = true
	}
	return names
})

// makesNames are the names by which a program can make others while it runs. Of one that uses them nothing is known.
var makesNames = []string{"eval", "Function", "globalThis"}

// names warns of the names that nothing declares, of each where it stands first.
func (i *inspection) names(expression bool) {
	r := resolver{asked: map[string]bool{}, free: map[string]free{}}
	r.enter(func(s *scope) {
		for _, n := range allNames {
			if n.bit != seesConsole || !expression {
				s.names[n.name] = true
			}
		}
		if i.program.item != "" {
			s.names[i.program.item] = true
		}
	}, func() { r.children(reflect.ValueOf(i.tree.Body)) })
	for _, name := range makesNames {
		if _, used := r.free[name]; used {
			return
		}
	}
	maps.DeleteFunc(r.free, func(name string, _ free) bool { return globals()[name] || r.asked[name] })
	for _, name := range slices.SortedFunc(maps.Keys(r.free), func(a, b string) int { return cmp.Compare(r.free[a].at, r.free[b].at) }) {
		if len(i.found) == warningsMax {
			return
		}
		f := r.free[name]
		i.warn(f.at, unknown(name, &f, expression))
	}
}

// unknown says that nothing declares a name.
func unknown(name string, f *free, expression bool) Warning {
	w := Warning{Code: WarnUnknownName, Name: name, Message: "nothing is called `" + name + "` here"}
	switch {
	case missing[name] != "":
		w.Hint = missing[name]
	case name == "console" && expression:
		w.Hint = "only a node's script has one"
	case f.assigned:
		w.Hint = "declare it, as in let " + name + " = …, or write state." + name + " to change the state"
	default:
		w.Hint = "declare it, or write state." + name + " for a key of the state"
		w.Known = [][]string{f.scope.known(), slices.Collect(maps.Keys(globals()))}
	}
	return w
}

// free is the first use of a name that is declared nowhere around it.
type free struct {
	at       file.Idx
	assigned bool
	scope    *scope // around it
}

// scope is what a function or a block declares.
type scope struct {
	names map[string]bool
	outer *scope
}

// known returns the names that are declared in the scope and around it.
func (s *scope) known() (names []string) {
	for ; s != nil; s = s.outer {
		names = slices.AppendSeq(names, maps.Keys(s.names))
	}
	return names
}

// resolver finds the names that a program uses and does not declare. All that a scope declares counts as declared in the
// whole of it: a name that is used too early is another mistake.
type resolver struct {
	scope *scope
	asked map[string]bool // names that typeof has asked for, which may then be used with care
	free  map[string]free
}

// enter goes through a part of the program in a scope of its own.
func (r *resolver) enter(declare func(*scope), body func()) {
	s := &scope{names: map[string]bool{}, outer: r.scope}
	declare(s)
	r.scope = s
	body()
	r.scope = s.outer
}

// use notes that a name is used.
func (r *resolver) use(id *ast.Identifier, assigned bool) {
	name := id.Name.String()
	for s := r.scope; s != nil; s = s.outer {
		if s.names[name] {
			return
		}
	}
	if first, ok := r.free[name]; ok && first.at <= id.Idx {
		return
	}
	r.free[name] = free{id.Idx, assigned, r.scope}
}

// children goes through all that a part of the tree consists of.
func (r *resolver) children(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		r.children(v.Elem())
	case reflect.Pointer:
		if !v.IsNil() && v.Type() != sourceFile {
			r.node(v)
		}
	case reflect.Slice:
		if v.Type() == declarations {
			return
		}
		for k := range v.Len() {
			r.children(v.Index(k))
		}
	case reflect.Struct:
		for k := range v.NumField() {
			r.children(v.Field(k))
		}
	}
}

func (r *resolver) all(nodes ...any) {
	for _, n := range nodes {
		r.children(reflect.ValueOf(n))
	}
}

// node goes through one node. Those that declare names have scopes; of some, what looks like a name is none.
func (r *resolver) node(v reflect.Value) {
	switch n := v.Interface().(type) {
	case *ast.Identifier:
		r.use(n, false)
	case *ast.PrivateIdentifier, *ast.BranchStatement, *ast.MetaProperty:
	case *ast.LabelledStatement:
		r.all(n.Statement)
	case *ast.DotExpression:
		r.all(n.Left)
	case *ast.PrivateDotExpression:
		r.all(n.Left)
	case *ast.PropertyShort:
		r.use(&n.Name, false)
		r.all(n.Initializer)
	case *ast.PropertyKeyed:
		r.member(n.Computed, n.Key, n.Value)
	case *ast.FieldDefinition:
		r.member(n.Computed, n.Key, n.Initializer)
	case *ast.MethodDefinition:
		r.member(n.Computed, n.Key, n.Body)
	case *ast.AssignExpression:
		if id, ok := n.Left.(*ast.Identifier); ok && n.Operator == token.ASSIGN {
			r.use(id, true)
		}
		r.all(n.Left, n.Right)
	case *ast.UnaryExpression:
		if id, ok := n.Operand.(*ast.Identifier); ok && n.Operator == token.TYPEOF {
			r.asked[id.Name.String()] = true
		}
		r.all(n.Operand)
	default:
		if declare := declaring(n); declare != nil {
			r.enter(declare, func() { r.parts(v) })
			return
		}
		r.children(v.Elem())
	}
}

// member goes through a member of an object or a class, whose name is one only in brackets.
func (r *resolver) member(computed bool, key ast.Expression, value ast.Node) {
	if computed {
		r.all(key)
	}
	r.all(value)
}

// parts goes through a node that declares names.
func (r *resolver) parts(v reflect.Value) {
	switch n := v.Interface().(type) {
	case *ast.FunctionLiteral:
		r.all(n.ParameterList, n.Body)
	case *ast.ClassLiteral:
		r.all(n.SuperClass, n.Body)
	default:
		r.children(v.Elem())
	}
}
