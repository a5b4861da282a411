//go:build !linux

package postgres

import "os/exec"

// tieToParent has no counterpart here: a server that outlives us is stopped at the next start.
func tieToParent(*exec.Cmd) (release func()) { return func() {} }
