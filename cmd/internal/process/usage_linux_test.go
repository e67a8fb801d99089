package process

import (
	"os"
	"testing"
	"time"
)

// TestUsage spends processor time and memory, and wants both to be told, of this process by its number.
func TestUsage(t *testing.T) {
	own := OwnCPU()
	before, known := CPU(os.Getpid())
	if !known || own <= 0 {
		t.Fatalf("used are %s (known: %v) and %s", before, known, own)
	}
	data := make([]byte, 64<<20)
	for begun := time.Now(); OwnCPU()-own < 100*time.Millisecond; {
		for i := 0; i < len(data); i += 512 {
			data[i]++
		}
		if time.Since(begun) > time.Minute {
			t.Fatal("no processor time is counted")
		}
	}
	after, _ := CPU(os.Getpid())
	if used := after - before; used < 90*time.Millisecond || used > 10*time.Second {
		t.Errorf("used are %s, of which 100 ms were spent here", used)
	}
	rss, rssKnown := Memory(os.Getpid(), RSS)
	peak, peakKnown := Memory(os.Getpid(), PeakRSS)
	if !rssKnown || !peakKnown || rss < int64(len(data)) || peak < rss {
		t.Errorf("%d bytes are in memory, %d at most, while %d are used (%d)", rss, peak, len(data), data[0])
	}
	if _, known := Memory(os.Getpid(), "VmNothing"); known {
		t.Error("a size that there is not is known")
	}
	if _, known := CPU(-1); known {
		t.Error("a process that there is not has used something")
	}
}
