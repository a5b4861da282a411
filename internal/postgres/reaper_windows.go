package postgres

import (
	"context"
	"os"
)

// removeAfterUs cannot tie anything to the life of this process on Windows: the folder stays if Stop is not called.
func (s *Server) removeAfterUs(context.Context) error { return nil }

func (s *Server) reapNow() { _ = os.RemoveAll(s.folder) }
