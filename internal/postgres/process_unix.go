//go:build unix

package postgres

import (
	"context"
	"errors"
	"os"
	"syscall"
)

// requestStop asks for a fast shutdown: sessions end, everything is written.
func (s *Server) requestStop(context.Context) error {
	return ignoreDone(s.process.Signal(syscall.SIGINT))
}

// requestAbort asks for an immediate shutdown: the next start recovers.
func (s *Server) requestAbort() error { return ignoreDone(s.process.Signal(syscall.SIGQUIT)) }

func ignoreDone(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}
