// Package tools holds what a workflow's nodes can call: the registry of tools and the tools that come
// with weir.
//
// A [Tool] is a named Go function over JSON values with JSON Schemas of its input and output. A
// [Registry] is an immutable set of tools: names are checked and schemas compiled once, when it is
// built, so a registry that exists holds only tools that can be called. [Tool.Invoke] is the one way to
// call a tool; it promises that
//
//   - a tool sees only input that its schema allows, and every violation is reported at once;
//   - a caller sees only output that the output schema allows;
//   - a panic of the tool is an error of kind "panic", never the end of the process;
//   - every error is an *[Error] with one of the stable kinds below, or one of the tool's own.
//
// Tools know nothing of runs beyond what [Call] tells them, keep no state between calls and start
// nothing that outlives a call. A tool is marked Pure when its result depends on its input alone and
// nobody outside could tell that it ran: only such tools may run before the decision to run them is
// durable.
//
// # Tools that come with weir
//
// [Builtin] returns them:
//
//   - http.request sends one HTTP request and refuses addresses that are not public.
//   - code.functions, code.complexity, code.issues, code.suggest, code.fix and code.diff read, judge
//     and repair Go source. All are pure.
//   - classic.map.* and classic.list.* are the tools of the two engines that weir replaces, over the
//     state's `code` text. All are pure.
//
// # Example
//
//	registry, err := tools.NewRegistry(append(tools.Builtin(tools.Options{}), tools.Tool{
//		Name:  "greeting.make",
//		Input: document.MustParse(`{"type": "object", "required": ["name"]}`),
//		Pure:  true,
//		Call: func(_ context.Context, call tools.Call) (document.Value, error) {
//			name, _ := call.Input.Get("name")
//			text, _ := name.AsString()
//			return document.Object(document.Member{Key: "greeting", Value: document.String("Hello " + text)}), nil
//		},
//	})...)
package tools
