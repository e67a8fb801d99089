package bench

import (
	"runtime"
	"time"

	"github.com/weirflow/weir/cmd/internal/process"
)

// Environment is where something was measured: figures of two environments are not alike.
type Environment struct {
	Command    string    `json:"command"` // that measured
	Version    string    `json:"version"`
	Revision   string    `json:"revision,omitempty"`
	Go         string    `json:"go"`
	Platform   string    `json:"platform"`
	Cores      int       `json:"cores"` // that this process may use
	Filesystem string    `json:"filesystem"`
	Sync       string    `json:"sync"`           // how commits became durable
	Load       *float64  `json:"load,omitempty"` // average of a minute, at the start
	Begun      time.Time `json:"begun"`
}

func (b *bench) environment() Environment {
	e := Environment{
		Command: b.Command, Version: b.Version, Revision: b.Revision, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Cores: runtime.GOMAXPROCS(0), Filesystem: filesystem(b.dir), Begun: time.Now().UTC().Truncate(time.Second),
	}
	if load, known := process.Load(); known {
		e.Load = &load
	}
	return e
}
