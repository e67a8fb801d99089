package workflow

// Options says how a source is read and what its names and scripts are checked against.
type Options struct {
	File    string            // name of the source in problems and positions; "" where it has none
	Format  string            // "yaml", "json", or "" to tell by File and content
	Name    string            // the name the workflow must have; "" for the one it says
	Checker Checker           // nil: tools and scripts are not checked
	Files   map[string]string // script files by the path that script_file gives
}

// Parse reads a workflow. It reports every problem at once, ordered by position; the definition is nil
// when an error is among them. It never panics, whatever the source.
func Parse(source []byte, opts Options) (*Definition, Problems) {
	return nil, nil
}
