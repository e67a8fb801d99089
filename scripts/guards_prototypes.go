package scripts

import "github.com/dop251/goja"

// prototypeWords are of what sets a prototype.
var prototypeWords = []string{"setPrototypeOf", "__proto__"}

// guardPrototypes keeps views from inheriting of themselves, by however many objects between. Goja refuses it of its own objects
// alone, and looks for a property in such a circle until the stack, and the process with it, is at its end.
func (x *execution) guardPrototypes() {
	object := x.rt.Get("Object").ToObject(x.rt)
	x.guardPrototype(object, func() goja.Value { panic(x.cyclic()) })
	x.guardPrototype(x.rt.Get("Reflect").ToObject(x.rt), func() goja.Value { return x.rt.ToValue(false) })

	describe, _ := goja.AssertFunction(object.Get("getOwnPropertyDescriptor"))
	accessor := result(describe(object, x.plainPrototype(), x.rt.ToValue("__proto__"))).ToObject(x.rt)
	set, _ := goja.AssertFunction(accessor.Get("set"))
	setter := x.rt.ToValue(func(c goja.FunctionCall) goja.Value {
		if inherits(c.Argument(0), c.This) {
			panic(x.cyclic())
		}
		return result(set(c.This, c.Arguments...))
	})
	_ = x.plainPrototype().DefineAccessorProperty("__proto__", accessor.Get("get"), setter, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// guardPrototype lets the holder's setPrototypeOf give what refuse gives where it would close a circle.
func (x *execution) guardPrototype(holder *goja.Object, refuse func() goja.Value) {
	original, _ := goja.AssertFunction(holder.Get("setPrototypeOf"))
	x.replace(holder, "setPrototypeOf", func(c goja.FunctionCall) goja.Value {
		if inherits(c.Argument(1), c.Argument(0)) {
			return refuse()
		}
		return result(original(c.This, c.Arguments...))
	})
}

func (x *execution) cyclic() *goja.Object { return x.rt.NewTypeError("Cyclic __proto__ value") }

// inherits reports whether v is the object from, or inherits of it. A Proxy counts as what it stands for, on whichever side.
func inherits(v, from goja.Value) bool {
	ancestor := behind(from)
	for o := behind(v); o != nil && ancestor != nil; o = behind(o.Prototype()) {
		if o == ancestor {
			return true
		}
	}
	return false
}

// behind returns the object that v is or stands for, nil for none.
func behind(v goja.Value) *goja.Object {
	o, _ := v.(*goja.Object)
	for o != nil && o.ExportType() == proxyType {
		o = o.Export().(goja.Proxy).Target()
	}
	return o
}
