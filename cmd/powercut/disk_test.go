//go:build powercut

package powercut

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The ioctls that golang.org/x/sys does not name, from linux/fs.h.
const (
	fsIocShutdown = 0x8004587d // _IOR('X', 125, __u32)
	fiFreeze      = 0xc0045877 // _IOWR('X', 119, int)
	fiThaw        = 0xc0045878 // _IOWR('X', 120, int)

	// noLogFlush stops a file system without bringing its log to the device.
	noLogFlush = 2
)

// releaseTimeout bounds the wait for the kernel to let go of what a killed process held.
const releaseTimeout = 20 * time.Second

// disk is a file system in a file, which can be stopped as a power cut stops it.
type disk struct {
	t       testing.TB
	kind    string // ext4 or xfs
	options string // mount options of the file system, such as noauto_da_alloc
	image   string
	point   string // where it is mounted
	mounted bool
}

// newDisk makes and mounts a file system of so many bytes in a file below dir. It is unmounted when the
// test ends.
func newDisk(t testing.TB, dir, kind, options string, size int64) *disk {
	t.Helper()
	mustGoOn(t)
	point, err := os.MkdirTemp("", "mount-") //nolint:usetesting // the supervisor removes it, once the mount is gone
	if err != nil {
		t.Fatal(err)
	}
	d := &disk{t: t, kind: kind, options: options, image: filepath.Join(dir, filepath.Base(point)+"."+kind), point: point}
	image, err := os.Create(d.image)
	if err == nil {
		err = errors.Join(image.Truncate(size), image.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	force := map[string]string{"ext4": "-F", "xfs": "-f"}[kind]
	if out, err := exec.CommandContext(t.Context(), "mkfs."+kind, "-q", force, d.image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.%s: %v\n%s", kind, err, out)
	}
	d.mount()
	t.Cleanup(func() {
		if d.mounted {
			d.unmount()
		}
	})
	return d
}

// mount mounts the file system, recovering whatever its log holds.
func (d *disk) mount() {
	d.t.Helper()
	device, err := d.attach()
	if err != nil {
		d.t.Fatalf("attach %s to a loop device: %v", d.image, err)
	}
	err = unix.Mount(device.Name(), d.point, d.kind, 0, d.options)
	_ = device.Close() // from now on the mount holds the device, and lets it go when it ends
	if err != nil {
		d.t.Fatalf("mount %s with options %q: %v", d.kind, d.options, err)
	}
	d.mounted = true
}

// attach puts the image behind a free loop device, which is free again once it was closed by all.
func (d *disk) attach() (*os.File, error) {
	image, err := os.OpenFile(d.image, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer image.Close()
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer control.Close()
	for {
		number, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return nil, os.NewSyscallError("LOOP_CTL_GET_FREE", err)
		}
		device, err := os.OpenFile(fmt.Sprintf("/dev/loop%d", number), os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		err = unix.IoctlLoopConfigure(int(device.Fd()), &unix.LoopConfig{
			Fd: uint32(image.Fd()), Info: unix.LoopInfo64{Flags: unix.LO_FLAGS_AUTOCLEAR},
		})
		if err == nil {
			return device, nil
		}
		_ = device.Close()
		if !errors.Is(err, unix.EBUSY) { // taken by somebody else meanwhile
			return nil, os.NewSyscallError("LOOP_CONFIGURE", err)
		}
	}
}

// unmount waits until nobody holds the file system any more.
func (d *disk) unmount() {
	d.t.Helper()
	for deadline := time.Now().Add(releaseTimeout); ; time.Sleep(10 * time.Millisecond) {
		err := unix.Unmount(d.point, 0)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EBUSY) || time.Now().After(deadline) {
			d.t.Fatalf("unmount %s: %v", d.point, err)
		}
	}
	d.mounted = false
}

// cut takes the power away: whatever has not reached the device is gone. Every write and sync fails from
// now on, until the file system was unmounted and mounted again.
func (d *disk) cut() {
	d.t.Helper()
	flags := uint32(noLogFlush)
	if err := ioctl(d.point, fsIocShutdown, unsafe.Pointer(&flags)); err != nil {
		d.t.Fatalf("FS_IOC_SHUTDOWN: %v", err)
	}
}

// remount brings the power back.
func (d *disk) remount() {
	d.t.Helper()
	d.unmount()
	d.mount()
}

// ioctl sends one ioctl to a file system.
func ioctl(point string, request uintptr, argument unsafe.Pointer) error {
	f, err := os.Open(point)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}
