package postgres

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Numbers of capabilities, from linux/capability.h.
const (
	capDACOverride   = 1
	capDACReadSearch = 2
)

// canReachAnywhere reports whether this process has a capability to lend that opens closed folders.
func canReachAnywhere() bool {
	_, ok := reachCapability()
	return ok
}

// reachCapability prefers the weaker one, which reads and passes but does not write; containers often have only the
// other.
func reachCapability() (uintptr, bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		text, ok := strings.CutPrefix(line, "CapPrm:")
		if !ok {
			continue
		}
		held, err := strconv.ParseUint(strings.TrimSpace(text), 16, 64)
		if err != nil {
			return 0, false
		}
		for _, capability := range []uintptr{capDACReadSearch, capDACOverride} {
			if held&(1<<capability) != 0 {
				return capability, true
			}
		}
	}
	return 0, false
}

func lendReach(attributes *syscall.SysProcAttr) {
	if capability, ok := reachCapability(); ok {
		attributes.AmbientCaps = []uintptr{capability}
	}
}
