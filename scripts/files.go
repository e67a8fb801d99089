package scripts

import (
	"io"
	"io/fs"
	"strings"
	"time"
)

// Files is a folder that is held in memory: texts by their paths. It implements fs.FS, without lists of what is in it.
type Files map[string]string

// Open implements fs.FS.
func (f Files) Open(name string) (fs.File, error) {
	text, ok := f[name]
	if !ok || !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &openText{Reader: strings.NewReader(text), name: name, size: int64(len(text))}, nil
}

// openText is an open file of Files, and what is known of it.
type openText struct {
	io.Reader
	name string
	size int64
}

// Close implements fs.File.
func (t *openText) Close() error { return nil }

// Stat implements fs.File.
func (t *openText) Stat() (fs.FileInfo, error) { return t, nil }

// Name implements fs.FileInfo.
func (t *openText) Name() string { return t.name }

// Size implements fs.FileInfo.
func (t *openText) Size() int64 { return t.size }

// Mode implements fs.FileInfo.
func (t *openText) Mode() fs.FileMode { return 0o444 }

// ModTime implements fs.FileInfo.
func (t *openText) ModTime() time.Time { return time.Time{} }

// IsDir implements fs.FileInfo.
func (t *openText) IsDir() bool { return false }

// Sys implements fs.FileInfo.
func (t *openText) Sys() any { return nil }
