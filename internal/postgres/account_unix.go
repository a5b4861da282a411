//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is whom the server runs as. The zero account is whoever runs this process.
type account struct {
	switched bool
	name     string
	uid, gid int
	// reaching: a folder above the data is closed to the account, so the server gets a capability to pass through.
	reaching bool
}

// chooseAccount keeps the present user, except for root, whom PostgreSQL refuses: then it is the owner of the cluster
// that is there, else postgres, else nobody.
func chooseAccount(folder, cluster string, log *slog.Logger) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	found, err := lookupAccount(cluster)
	if err != nil {
		return account{}, err
	}
	// The account must get through this folder to what belongs to it.
	if err := os.Chmod(folder, 0o711); err != nil {
		return account{}, fmt.Errorf("data folder: %w", err)
	}
	log.Info("PostgreSQL refuses to run as root: running it as another user", "user", found.name, "folder", folder)
	return found, nil
}

func lookupAccount(cluster string) (account, error) {
	info, err := os.Stat(cluster)
	if err == nil {
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
			known, err := user.LookupId(strconv.Itoa(int(owner.Uid)))
			if err != nil {
				return account{}, fmt.Errorf("the folder %s belongs to the unknown user %d: %w", cluster, owner.Uid, err)
			}
			return accountOf(known)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return account{}, fmt.Errorf("data folder: %w", err)
	}
	for _, name := range []string{"postgres", "nobody"} {
		if known, err := user.Lookup(name); err == nil {
			return accountOf(known)
		}
	}
	return account{}, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor a user " +
		"nobody to run it as; make one with: useradd --system postgres")
}

func accountOf(known *user.User) (account, error) {
	uid, uidErr := strconv.Atoi(known.Uid)
	gid, gidErr := strconv.Atoi(known.Gid)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return account{}, fmt.Errorf("user %s: %w", known.Username, err)
	}
	return account{switched: true, name: known.Username, uid: uid, gid: gid}, nil
}

// reach makes sure that the account gets to its data and to the programs. A home folder of root is closed to it: the
// kernel may lend the server the right to pass through to the data. For the programs that is not enough, since they
// look for each other with access(2), which knows no borrowed rights.
func (a account) reach(data, programs string) (account, error) {
	if !a.switched {
		return a, nil
	}
	if closed := a.closedAbove(programs); closed != "" {
		return a, fmt.Errorf("PostgreSQL runs as user %s, who cannot get through %s to its programs in %s", a.name, closed, programs)
	}
	if closed := a.closedAbove(data); closed != "" {
		if !canReachAnywhere() {
			return a, fmt.Errorf("PostgreSQL runs as user %s, who cannot get through %s to %s; choose a folder that "+
				"everybody may pass, such as one below /var/lib, or run as an ordinary user", a.name, closed, data)
		}
		a.reaching = true
	}
	return a, nil
}

// cacheBase is the user's cache folder, and for root the machine's where root's own is closed to the account.
func (a account) cacheBase() (string, error) {
	own, err := os.UserCacheDir()
	if err == nil && (!a.switched || a.closedAbove(own) == "") {
		return own, nil
	}
	if a.switched {
		return "/var/cache", nil
	}
	return "", err
}

// closedAbove is the first folder on the way to path that the account may not pass, or nothing. What is not there yet
// will be made passable.
func (a account) closedAbove(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	for dir := path; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err == nil && !a.mayPass(info) || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

func (a account) mayPass(info fs.FileInfo) bool {
	const owner, group, others = 0o100, 0o010, 0o001
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return false
	case int(stat.Uid) == a.uid:
		return info.Mode()&owner != 0
	case int(stat.Gid) == a.gid:
		return info.Mode()&group != 0
	default:
		return info.Mode()&others != 0
	}
}

// command prepares a program to run as the account, in a process group of its own: Ctrl-C in a terminal is for us, and
// we stop the server when everything else has stopped.
func (a account) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = environment()
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a.switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	if a.reaching {
		lendReach(cmd.SysProcAttr)
	}
	return cmd
}

// makeFolder makes a folder that only the account may enter.
func (a account) makeFolder(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("data folder: %w", err)
	}
	return a.own(path)
}

// own gives a folder and all in it to the account, where it is not its own already.
func (a account) own(path string) error {
	if !a.switched {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) == a.uid {
		return nil
	}
	err = filepath.WalkDir(path, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, a.uid, a.gid)
	})
	if err != nil {
		return fmt.Errorf("give the data folder to user %s: %w", a.name, err)
	}
	return nil
}
