package bus

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/waybill-dev/waybill/internal/pace"
)

const (
	// sayingFailedWrite is what the broker says when a stream could not be written, which is the only sign of it: from then on the
	// stream answers nothing.
	sayingFailedWrite = "critical write error"
	// firstHeal and lastHeal bound the wait before it is tried whether the files can be written again. It doubles while they cannot, or
	// while the broker fails again soon: then it is not room that is missing.
	firstHeal = time.Second
	lastHeal  = time.Minute
	// roomForStreams is how much must be free for it. It is taken for a moment, so it is little: others live on what is left.
	roomForStreams = 1 << 20
	// probePattern names the file that takes it.
	probePattern = ".room-*"
)

// heal starts the broker again after its files could not be written, until ctx ends. What was not acknowledged waits in the outboxes.
func (e *Embedded) heal(ctx context.Context) {
	defer close(e.stopped)
	failures, healed := 0, time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.failed:
		}
		e.log.ErrorContext(ctx, "the broker could not write its files: it starts again when they can be written", "folder", e.options.StoreDir)
		if time.Since(healed) > 2*lastHeal {
			failures = 0
		}
		for again := false; !again; {
			failures++
			pace.Sleep(ctx, pace.Double(firstHeal, lastHeal, failures))
			if ctx.Err() != nil {
				return
			}
			if err := hasRoom(e.options.StoreDir); err != nil {
				e.log.DebugContext(ctx, "the broker's files cannot be written yet", "error", err)
				continue
			}
			again = e.restart(ctx)
		}
		healed = time.Now()
	}
}

// restart reports whether the broker runs again.
func (e *Embedded) restart(ctx context.Context) bool {
	shutDown(e.running())
	select {
	case <-e.failed: // said before it was shut down
	default:
	}
	if err := e.start(ctx); err != nil {
		e.log.ErrorContext(ctx, "the broker does not start again", "error", err)
		return false
	}
	e.log.InfoContext(ctx, "the broker writes its files again", "folder", e.options.StoreDir)
	return true
}

// hasRoom tries whether files can be written in a folder.
func hasRoom(folder string) (err error) {
	file, err := os.CreateTemp(folder, probePattern)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	if _, err := file.Write(make([]byte, roomForStreams)); err != nil {
		return err
	}
	return file.Sync()
}

// dropProbes removes what a process that was killed in hasRoom left.
func dropProbes(folder string) {
	left, _ := filepath.Glob(filepath.Join(folder, probePattern))
	for _, file := range left {
		_ = os.Remove(file)
	}
}
