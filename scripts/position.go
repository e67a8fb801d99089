package scripts

// Origin says where a source stands in the file that its author wrote. The zero Origin means that the
// source is a file of its own.
type Origin struct {
	File         string
	Line, Column int  // 1-based, of the first character of the source in File; columns count characters
	Block        bool // later lines start at Column too, as in a YAML block; else only the first line can be placed exactly
}
