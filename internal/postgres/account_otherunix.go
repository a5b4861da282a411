//go:build unix && !linux

package postgres

import "syscall"

func canReachAnywhere() bool { return false }

func lendReach(*syscall.SysProcAttr) {}
