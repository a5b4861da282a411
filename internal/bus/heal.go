package bus

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/waybill-dev/waybill/internal/pace"
)

const (
	// sayingFailedWrite is what the broker says when a stream could not be written, which is the only sign of it: from then on the
	// stream answers nothing.
	sayingFailedWrite = "critical write error"
	// healEvery is how often it is tried whether the files can be written again.
	healEvery = time.Second
	// roomForStreams is how much must be free for it.
	roomForStreams = 16 << 20
)

// heal starts the broker again after its files could not be written, until ctx ends. What was not acknowledged waits in the outboxes.
func (e *Embedded) heal(ctx context.Context) {
	defer close(e.stopped)
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.failed:
		}
		e.log.ErrorContext(ctx, "the broker could not write its files: it starts again when they can be written", "folder", e.options.StoreDir)
		for again := false; !again; {
			pace.Sleep(ctx, healEvery)
			if ctx.Err() != nil {
				return
			}
			if err := hasRoom(e.options.StoreDir); err != nil {
				e.log.DebugContext(ctx, "the broker's files cannot be written yet", "error", err)
				continue
			}
			again = e.restart(ctx)
		}
	}
}

// restart reports whether the broker runs again.
func (e *Embedded) restart(ctx context.Context) bool {
	shutDown(e.running())
	select {
	case <-e.failed: // said before it was shut down
	default:
	}
	if err := e.start(); err != nil {
		e.log.ErrorContext(ctx, "the broker does not start again", "error", err)
		return false
	}
	e.log.InfoContext(ctx, "the broker writes its files again", "folder", e.options.StoreDir)
	return true
}

// hasRoom tries whether files can be written in a folder.
func hasRoom(folder string) (err error) {
	file, err := os.CreateTemp(folder, ".room-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	block := make([]byte, 1<<20)
	for range roomForStreams / len(block) {
		if _, err := file.Write(block); err != nil {
			return err
		}
	}
	return file.Sync()
}
