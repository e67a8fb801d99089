package eventstore

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// fileSystems are those on which syncfs(2) was tried, under power cuts, or keeps the same promise by
// design. Elsewhere (FUSE, 9p, NFS, overlays, memory) it may return before the data is safe, or keep
// write errors of the layer below to itself.
var fileSystems = map[int64]string{
	unix.EXT4_SUPER_MAGIC:  "ext4", // ext2 and ext3 have the same number
	unix.XFS_SUPER_MAGIC:   "xfs",
	unix.BTRFS_SUPER_MAGIC: "btrfs",
}

// fileSystem syncs the file system under a directory.
type fileSystem struct{ dir *os.File }

// openFileSystem opens the directory for syncing. From now on no write error goes unreported. unfit says
// why the barrier cannot be built on it, "" where it can.
func openFileSystem(dir string) (fs *fileSystem, unfit string, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, "", err
	}
	unfit, err = unfitness(f)
	if err != nil {
		_ = f.Close()
		return nil, "", err
	}
	return &fileSystem{f}, unfit, nil
}

func unfitness(dir *os.File) (string, error) {
	var stat unix.Statfs_t
	if err := unix.Fstatfs(int(dir.Fd()), &stat); err != nil {
		return "", fmt.Errorf("ask for the file system of %s: %w", dir.Name(), err)
	}
	if _, ok := fileSystems[stat.Type]; !ok {
		return fmt.Sprintf("syncfs is relied on on ext4, XFS and Btrfs only, and this is a file system of type 0x%x", stat.Type), nil
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "", fmt.Errorf("ask for the kernel's version: %w", err)
	}
	if release := unix.ByteSliceToString(name.Release[:]); !reportsWriteErrors(release) {
		return fmt.Sprintf("Linux reports write errors through syncfs from 5.8 on, and this is %s", release), nil
	}
	return "", nil
}

// reportsWriteErrors reads a kernel release such as 6.1.0-18-amd64.
func reportsWriteErrors(release string) bool {
	parts := strings.SplitN(release, ".", 3)
	if len(parts) < 2 {
		return false
	}
	digits, _, _ := strings.Cut(parts[1], "-")
	major, err := strconv.Atoi(parts[0])
	minor, minorErr := strconv.Atoi(digits)
	return err == nil && minorErr == nil && (major > 5 || major == 5 && minor >= 8)
}

// sync returns once everything written to the file system before the call is on the disk.
func (fs *fileSystem) sync() error {
	for {
		err := unix.Syncfs(int(fs.dir.Fd()))
		if err != unix.EINTR {
			return os.NewSyscallError("syncfs", err)
		}
	}
}

func (fs *fileSystem) close() error { return fs.dir.Close() }
