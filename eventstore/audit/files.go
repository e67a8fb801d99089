package audit

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/minio/highwayhash"
)

// Where the server keeps the engine's streams below a data directory, and what it calls its files.
const (
	streamsDir   = "jetstream/ENGINE/streams"
	metaName     = "meta.inf"
	sumName      = "meta.sum"
	keyName      = "meta.key"
	messagesDir  = "msgs"
	newDir       = "__new_msgs__" // what is to replace messagesDir once a purge of everything is through
	indexName    = "index.db"
	blockSuffix  = ".blk"
	keySuffix    = ".key"
	checksumSize = highwayhash.Size64
)

// stream is one of the two streams that weir keeps.
type stream struct {
	name   string
	prefix string // of its subjects: the namespace and the id follow
	unit   string // what is numbered densely under one subject
	owner  string // what a subject stands for
}

var (
	runs      = stream{name: "WEIR_RUNS", prefix: "weir.runs.", unit: "event", owner: "run"}
	workflows = stream{name: "WEIR_WORKFLOWS", prefix: "weir.workflows.", unit: "revision", owner: "workflow"}
	streams   = []stream{runs, workflows}
)

// path returns where a file of the stream lies below the data directory, with slashes.
func (s stream) path(name ...string) string {
	return strings.Join(append([]string{streamsDir, s.name}, name...), "/")
}

// blockKey is the key of the checksums in one block. It holds the block's number, so that a block under
// another's name is no block.
func (s stream) blockKey(number uint32) [sha256.Size]byte {
	return sha256.Sum256([]byte(s.name + "-" + strconv.FormatUint(uint64(number), 10)))
}

// sum is the checksum that the server gives the stream's other files.
func (s stream) sum(data []byte) [checksumSize]byte {
	key := sha256.Sum256([]byte(s.name))
	digest, err := highwayhash.NewDigest64(key[:])
	if err != nil {
		panic(err) // the key has the right length
	}
	_, _ = digest.Write(data) // which never fails
	return [checksumSize]byte(digest.Sum(nil))
}

func blockName(number uint32) string { return strconv.FormatUint(uint64(number), 10) + blockSuffix }

// blockFile is one file of messages. The server numbers them from 1 and writes only to the last.
type blockFile struct {
	number uint32
	path   string // below the data directory, with slashes
	bytes  int64
}

// blocks lists the stream's blocks by number, and the other files beside them.
func (s stream) blocks(dir string) (blocks []blockFile, others []string, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(s.path(messagesDir))))
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range entries {
		name := entry.Name()
		digits, isBlock := strings.CutSuffix(name, blockSuffix)
		number, err := strconv.ParseUint(digits, 10, 32)
		if !isBlock || err != nil || blockName(uint32(number)) != name {
			others = append(others, name)
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // emptied and removed meanwhile
		}
		if err != nil {
			return nil, nil, err
		}
		blocks = append(blocks, blockFile{uint32(number), s.path(messagesDir, name), info.Size()})
	}
	slices.SortFunc(blocks, func(a, b blockFile) int { return cmp.Compare(a.number, b.number) })
	return blocks, others, nil
}

// metaProblem says why the server would not take the stream up again from its description, "" where it would.
func (s stream) metaProblem(dir string) (file, reason string) {
	meta, reason := s.content(dir, metaName)
	if reason != "" {
		return metaName, reason
	}
	sum, reason := s.content(dir, sumName)
	if reason != "" {
		return sumName, reason
	}
	if want := s.sum(meta); string(sum) != hex.EncodeToString(want[:]) {
		return metaName, "it does not have the checksum that is in meta.sum"
	}
	if !json.Valid(meta) {
		return metaName, "it is not JSON"
	}
	return "", ""
}

// content reads a file of the stream that must hold something, and says what is wrong where it does not.
func (s stream) content(dir, name string) (data []byte, reason string) {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(s.path(name))))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "it is missing"
	case err != nil:
		return nil, "it cannot be read: " + err.Error()
	case len(data) == 0:
		return nil, "it is empty"
	}
	return data, ""
}

// unsupported says what the stream is made with that weir never uses and this package cannot read.
func (s stream) unsupported(dir string) (file, reason string) {
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(s.path(keyName)))); err == nil {
		return keyName, "it is encrypted"
	}
	meta, _ := s.content(dir, metaName)
	var config struct {
		Compression string `json:"compression"`
	}
	if err := json.Unmarshal(meta, &config); err == nil && config.Compression != "" && config.Compression != "none" {
		return metaName, "it is compressed (" + config.Compression + ")"
	}
	return "", ""
}

// indexProblem says why the server would not believe the stream's index and rebuild the stream from its
// blocks, "" where it would believe it.
func (s stream) indexProblem(dir string) string {
	index, reason := s.content(dir, messagesDir+"/"+indexName)
	if reason != "" {
		return indexName + ": " + reason
	}
	if !s.intactIndex(index) {
		return indexName + " is damaged"
	}
	newest, err := s.newestChecksum(dir)
	if err != nil {
		return "the newest block cannot be read: " + cause(err)
	}
	// At the end stand the checksum of the newest record, and the index's own.
	described := index[len(index)-2*checksumSize : len(index)-checksumSize]
	if string(newest[:]) != string(described) {
		return indexName + " does not describe the end of the newest block"
	}
	return ""
}

// intactIndex reports whether an index is what the server wrote.
func (s stream) intactIndex(index []byte) bool {
	const least = 32
	if len(index) < least {
		return false
	}
	body := len(index) - checksumSize
	sum := s.sum(index[:body])
	return string(sum[:]) == string(index[body:])
}

// newestChecksum returns the last bytes of the newest block, zeros where it has none.
func (s stream) newestChecksum(dir string) (sum [checksumSize]byte, err error) {
	blocks, _, err := s.blocks(dir)
	if err != nil || len(blocks) == 0 {
		return sum, err
	}
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(blocks[len(blocks)-1].path)))
	if err != nil {
		return sum, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	if size := blocks[len(blocks)-1].bytes; size >= checksumSize {
		_, err = f.ReadAt(sum[:], size-checksumSize)
	}
	return sum, err
}
