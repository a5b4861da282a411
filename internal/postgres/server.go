package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	clusterFolder = "cluster"
	socketFolder  = "socket"
	logFile       = "server.log"
	// startTime bounds one start, recovery of a large log included, where ctx sets no earlier end.
	startTime = 5 * time.Minute
	// stopTime is how long an orderly stop may take before the server is made to stop at once, which is safe and
	// costs a recovery at the next start.
	stopTime = 30 * time.Second
	// leftoverTime is how long a start waits for children of a server that was killed to notice and end.
	leftoverTime = 30 * time.Second
)

// Config says where the server lives.
type Config struct {
	// DataDir is the folder that the server owns; made when missing.
	DataDir string
	// Log hears which PostgreSQL is used and what is done for it. Nil: silent.
	Log *slog.Logger
	// Settings are added to the server's settings and win over them: "fsync": "off" for tests.
	Settings map[string]string
	// Disposable makes a server for tests: nothing waits for the disk, and the server and its whole DataDir are gone
	// after Stop or after this process, however it ends.
	Disposable bool
}

// Server is a running PostgreSQL. Safe for concurrent use.
type Server struct {
	folder   string
	binaries binaries
	endpoint endpoint
	process  *os.Process
	lock     *folderLock
	log      *slog.Logger

	// Only of a disposable server, see removeAfterUs.
	reaper     *os.Process
	reaperPipe *os.File

	exited   chan struct{}
	exitErr  error // set before exited is closed
	stopOnce sync.Once
	stopErr  error
}

// Start runs a server on the data folder and returns when it answers. It fails with a fault DATA_FOLDER_IN_USE when
// another process uses the folder, and with POSTGRES_MISSING when there is no PostgreSQL and none can be fetched.
func Start(ctx context.Context, config Config) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	log := config.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	folder, err := filepath.Abs(config.DataDir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	server, err := startLocked(ctx, folder, config, log)
	if err != nil {
		lock.release()
		return nil, err
	}
	server.lock = lock
	if config.Disposable {
		if err := server.removeAfterUs(ctx); err != nil {
			return nil, errors.Join(err, server.Stop(ctx))
		}
	}
	return server, nil
}

func startLocked(ctx context.Context, folder string, config Config, log *slog.Logger) (*Server, error) {
	cluster := filepath.Join(folder, clusterFolder)
	madeBy, err := clusterVersion(cluster)
	if err != nil {
		return nil, err
	}
	user, err := chooseAccount(folder, cluster, log)
	if err != nil {
		return nil, err
	}
	bin, err := findBinaries(ctx, madeBy, user, log)
	if err != nil {
		return nil, err
	}
	if user, err = user.reach(folder, bin.dir); err != nil {
		return nil, err
	}
	if err := stopOrphan(ctx, cluster, log); err != nil {
		return nil, err
	}
	at, err := prepareEndpoint(ctx, folder, user)
	if err != nil {
		return nil, err
	}
	if madeBy == 0 {
		if err := initCluster(ctx, cluster, bin, user, at, config.Disposable); err != nil {
			return nil, err
		}
	}
	if err := user.own(cluster); err != nil { // a folder of root's own, copied from elsewhere
		return nil, err
	}
	return launch(ctx, folder, bin, user, at, config, log)
}

// launch starts the server, and again for a while when children of one that was killed still hold its memory.
func launch(ctx context.Context, folder string, bin binaries, user account, at endpoint, config Config, log *slog.Logger) (*Server, error) {
	args := append([]string{"-D", filepath.Join(folder, clusterFolder)}, at.args()...)
	for _, setting := range serverSettings(config) {
		args = append(args, "-c", setting)
	}
	for deadline := time.Now().Add(leftoverTime); ; {
		server := &Server{folder: folder, binaries: bin, endpoint: at, log: log, exited: make(chan struct{})}
		err := server.launchOnce(ctx, user.command(context.WithoutCancel(ctx), bin.program("postgres"), args...))
		if err == nil {
			log.Info("PostgreSQL runs", "version", bin.version, "folder", folder)
			return server, nil
		}
		if !errors.Is(err, errMemoryInUse) || time.Now().After(deadline) {
			return nil, err
		}
		log.Info("waiting for what is left of a PostgreSQL that was killed")
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// errMemoryInUse marks PostgreSQL's refusal to start beside children of a dead server.
var errMemoryInUse = errors.New("children of an earlier server are still at work")

// launchOnce starts the process and waits until it answers.
func (s *Server) launchOnce(ctx context.Context, cmd *exec.Cmd) error {
	output, err := openLog(filepath.Join(s.folder, logFile))
	if err != nil {
		return err
	}
	defer output.close()
	cmd.Stdout, cmd.Stderr = output.file, output.file
	if err := s.spawn(cmd); err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	if err := s.waitReady(ctx); err != nil {
		s.kill()
		said := output.tail()
		if strings.Contains(said, "pre-existing shared memory block") {
			err = fmt.Errorf("%w: %w", errMemoryInUse, err)
		}
		return fmt.Errorf("%w\n%s", err, said)
	}
	return nil
}

// spawn starts the command and follows it to its end in a goroutine of its own, which keeps its thread: on Linux the
// kernel tells the server that its parent is gone when that thread ends.
func (s *Server) spawn(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		defer tieToParent(cmd)()
		err := cmd.Start()
		s.process = cmd.Process
		started <- err
		if err != nil {
			return
		}
		s.exitErr = cmd.Wait()
		close(s.exited)
	}()
	return <-started
}

func (s *Server) waitReady(ctx context.Context) error {
	for {
		err := s.endpoint.ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return errors.Join(errors.New("PostgreSQL ended while it started"), s.exitErr)
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL did not answer in time: %w: %w", ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL is the base URL for database.ServiceURL: the server, and "waybill" as the common part of the databases' names. No
// database of that very name is made.
func (s *Server) URL() string { return s.endpoint.url("waybill") }

// Version is the server's version, such as "15.18".
func (s *Server) Version() string { return s.binaries.version.String() }

// BinDir is the folder of PostgreSQL's programs. Which ones are there depends on where they come from; initdb and
// postgres always are.
func (s *Server) BinDir() string { return s.binaries.dir }

// Done is closed when the server has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.exited }

// Stop ends the server in an orderly way: transactions under way are rolled back, what is committed is on disk. When
// ctx ends first, or after 30 seconds, it ends at once, which is as safe. A repeat does nothing.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() {
		defer s.lock.release()
		defer s.reapNow()
		defer s.endpoint.remove()
		ctx, cancel := context.WithTimeout(ctx, stopTime)
		defer cancel()
		if err := s.requestStop(ctx); err != nil {
			s.kill()
			return
		}
		select {
		case <-s.exited:
		case <-ctx.Done():
			s.log.Warn("PostgreSQL takes too long to stop and is ended at once; it will recover at the next start")
			s.kill()
		}
	})
	return s.stopErr
}

// kill ends the server without its help. Its children notice and follow.
func (s *Server) kill() {
	_ = s.requestAbort()
	select {
	case <-s.exited:
		return
	case <-time.After(5 * time.Second):
	}
	if err := s.process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.stopErr = fmt.Errorf("end PostgreSQL: %w", err)
		return
	}
	<-s.exited
}
