package postgres

import (
	"os/exec"
	"runtime"
	"syscall"
)

// tieToParent has the kernel ask the server for a fast shutdown when this process dies, even by kill -9. What counts
// is the thread that started it: the caller keeps that one until the server has ended, and calls release then.
func tieToParent(cmd *exec.Cmd) (release func()) {
	runtime.LockOSThread()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
	return runtime.UnlockOSThread
}
