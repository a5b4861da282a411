package postgres

import (
	"os"
	"slices"
	"strings"
)

// environment is ours without what would steer PostgreSQL's programs elsewhere.
func environment() []string {
	kept := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return strings.HasPrefix(name, "PG") || strings.HasPrefix(name, "LC_") || name == "LANG" || name == "LANGUAGE" ||
			name == "TZ" || name == "POSIXLY_CORRECT"
	})
	return append(kept, "LC_ALL=C", "TZ=UTC")
}
