package order

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func cpuSelf() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

func cpuTotal() (busy, all float64) {
	b, _ := os.ReadFile("/proc/stat")
	var u, n, s, i, w, x, y, z float64
	fmt.Sscanf(strings.SplitN(string(b), "\n", 2)[0], "cpu %f %f %f %f %f %f %f %f", &u, &n, &s, &i, &w, &x, &y, &z)
	return (u + n + s + x + y) / 100, (u + n + s + i + w + x + y + z) / 100
}

func cpuPostgres() float64 {
	sum := 0.0
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil || !strings.Contains(string(b), "(postgres)") {
			continue
		}
		fields := strings.Fields(string(b)[strings.LastIndex(string(b), ")")+1:])
		var u, s float64
		fmt.Sscan(fields[11], &u)
		fmt.Sscan(fields[12], &s)
		sum += (u + s) / 100
	}
	return sum
}
