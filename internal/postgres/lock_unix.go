//go:build unix

package postgres

import (
	"errors"
	"os"
	"syscall"
)

func tryLock(file *os.File) (bool, error) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// waitLock waits for the lock without end: whoever has it is downloading.
func waitLock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX) }
