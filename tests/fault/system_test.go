package fault

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// startTime is how long processes may take to come up on a busy machine.
const startTime = 3 * time.Minute

// system is a Waybill of processes: replicas of roles behind doors, on one database server and one event bus.
type system struct {
	t        *testing.T
	binary   string
	direct   string // the database server without anything in between
	broker   *broker
	replicas map[string][]*replica
	doors    map[string]*door
	front    *door
}

// peers are the roles that each role calls.
var peers = map[string][]string{
	"connector-wms": {"fulfillment"}, "billing": {"connector-tax", "connector-payment"}, "fulfillment": {"connector-wms"},
	"order":      {"inventory", "billing", "fulfillment", "connector-erp", "connector-tms", "connector-channel"},
	"backoffice": {"connector-erp"}, "masterdata": {"connector-erp"},
	"operations": {"masterdata", "connector-erp", "inventory", "billing", "fulfillment", "order", "backoffice"},
	"gateway":    {"order", "inventory", "fulfillment", "billing", "masterdata", "operations"},
}

var stateless = []string{"gateway", "connector-tax", "connector-tms"}

var withoutEvents = []string{"gateway", "connector-tax", "connector-payment", "connector-erp", "connector-wms", "connector-tms", "connector-channel"}

// newSystem starts two processes of each role and returns when all serve. A role that others call and that is not among
// them is a door with nobody behind.
func newSystem(t *testing.T, binary string, roles ...string) *system {
	t.Helper()
	s := &system{t: t, binary: binary, direct: databasetest.BaseURL(t), replicas: map[string][]*replica{}, doors: map[string]*door{}, front: newDoor(t)}
	output, err := s.command(2*time.Minute, "migrate", "--database-url", s.direct)
	if err != nil {
		t.Fatalf("migrate: %v\n%s", err, output)
	}
	log, err := os.Create(filepath.Join(work, fmt.Sprintf("broker-%d.log", time.Now().UnixNano())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	s.broker = newBroker(t, log)
	server, named := reach(t, s.direct)
	for _, role := range roles {
		s.doorOf(role)
		for number := range 2 {
			s.replicas[role] = append(s.replicas[role], s.newReplica(role, number, server, named))
		}
	}
	for _, role := range roles {
		for _, one := range s.replicas[role] {
			one.run(t)
		}
	}
	s.mustBeUp()
	return s
}

func (s *system) doorOf(role string) *door {
	if s.doors[role] == nil {
		s.doors[role] = newDoor(s.t)
	}
	return s.doors[role]
}

func (s *system) newReplica(role string, number int, server string, named *url.URL) *replica {
	const free = "127.0.0.1:0"
	r := &replica{
		role: role, number: number, binary: s.binary, door: s.doorOf(role),
		args: []string{"--log-format", "json", "serve", role, "--listen", free, "--operations-listen", "", "--health-listen", ""},
	}
	if !slices.Contains(stateless, role) {
		r.database = newLink(s.t, r.name()+"-database", server)
		own := *named
		own.Host = r.database.address()
		query := own.Query()
		query.Del("host")
		query.Del("port")
		query.Set("sslmode", "disable")
		own.RawQuery = query.Encode()
		r.args = append(r.args, "--database-url", own.String())
	}
	if !slices.Contains(withoutEvents, role) {
		r.bus = newLink(s.t, r.name()+"-bus", s.broker.address())
		r.args = append(r.args, "--nats-url", "nats://"+r.bus.address())
	}
	for _, peer := range peers[role] {
		r.args = append(r.args, "--"+peer+"-address", s.doorOf(peer).address())
	}
	if role == "gateway" {
		r.restDoor, r.restAddress = s.front, fmt.Sprintf("127.0.0.1:%d", freePort(s.t))
		r.args = append(r.args, "--rest-listen", r.restAddress)
	}
	if role == "order" {
		r.args = append(r.args, "--order-hold-above", "60", "--order-portals-insist", "edi")
	}
	if role == "masterdata" {
		r.args = append(r.args, "--erp-masters-every", "300ms")
	}
	if role == "connector-wms" {
		r.args = append(r.args, "--warehouse-short-bp", "300", "--warehouse-reject-bp", "100")
	}
	return r
}

// command runs the binary to its end.
func (s *system) command(within time.Duration, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), within)
	defer cancel()
	command := exec.CommandContext(ctx, s.binary, args...)
	command.Dir = work
	output, err := command.CombinedOutput()
	return string(output), err
}

func (s *system) all() []*replica {
	var all []*replica
	for _, role := range s.roles() {
		all = append(all, s.replicas[role]...)
	}
	return all
}

func (s *system) roles() []string {
	var names []string
	for role := range s.replicas {
		names = append(names, role)
	}
	slices.Sort(names)
	return names
}

func (s *system) mustBeUp() {
	s.t.Helper()
	for _, one := range s.all() {
		if err := one.waitUp(startTime); err != nil {
			s.t.Fatalf("%v\n%s", err, tail(one.log.Name()))
		}
	}
}

// call is a connection to the replicas of a role, as the caller.
func (s *system) call(role, caller string) *grpc.ClientConn {
	s.t.Helper()
	conn, err := rpc.Dial(rpc.ClientConfig{Addr: s.doorOf(role).address(), Caller: caller})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// tail is the end of a log.
func tail(path string) string {
	const lines = 15
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// eventually asks until the answer is nil.
func (s *system) eventually(what string, ask func() error) {
	s.t.Helper()
	late := time.NewTimer(startTime)
	defer late.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-late.C:
			s.t.Fatalf("never: %s: %v", what, err)
		}
	}
}
