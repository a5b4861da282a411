package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// superuser is the database user that everything connects as.
const superuser = "waybill"

// clusterVersion is the major version that made the cluster, and 0 when there is none yet.
func clusterVersion(cluster string) (int, error) {
	text, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the cluster's version: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("the folder %s is no PostgreSQL cluster that can be used: its version is %q", cluster, text)
	}
	return major, nil
}

// initCluster makes the cluster beside its place and moves it there when it is whole, so that being killed meanwhile
// leaves nothing half done.
func initCluster(ctx context.Context, cluster string, bin binaries, user account, at endpoint, disposable bool) error {
	if entries, err := os.ReadDir(cluster); err == nil && len(entries) > 0 {
		return fmt.Errorf("the folder %s is not empty and holds no PostgreSQL cluster; choose another data folder", cluster)
	}
	fresh := cluster + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("make the cluster: %w", err)
	}
	if err := user.makeFolder(fresh); err != nil {
		return err
	}
	args := []string{
		"-D", fresh, "-U", superuser, "--encoding=UTF8", "--locale=C", "--no-instructions",
		"--auth=" + at.authentication(),
	}
	if file := at.passwordFile(); file != "" {
		args = append(args, "--pwfile="+file)
	}
	if disposable {
		args = append(args, "--no-sync")
	} else {
		args = append(args, "--data-checksums")
	}
	output, err := user.command(ctx, bin.program("initdb"), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("make the cluster with %s: %w\n%s", bin.program("initdb"), err, output)
	}
	if err := os.RemoveAll(cluster); err != nil {
		return fmt.Errorf("make the cluster: %w", err)
	}
	if err := os.Rename(fresh, cluster); err != nil {
		return fmt.Errorf("make the cluster: %w", err)
	}
	return nil
}
