package scripts

const (
	cacheEntries = 4096
	cacheBytes   = 16 << 20
)

type programCache struct{}

func newProgramCache(entries, bytes int) *programCache { return &programCache{} }
