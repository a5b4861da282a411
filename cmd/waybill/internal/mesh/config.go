// Package mesh puts roles together in one process: databases, event bus, the gRPC server that offers them, the
// connections over which they call each other, and the doors for people: REST, health, metrics.
//
// One process with every role and a process for each run the same code: even side by side, roles meet only
// over gRPC, with the identities, deadlines and policies that hold between machines.
package mesh

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/services/connector/wms"
	"github.com/waybill-dev/waybill/services/operations"
	"github.com/waybill-dev/waybill/services/order"
)

// Config says what one process runs. Check completes and checks it before anything is opened.
type Config struct {
	// Roles are the names of the roles; see Roles.
	Roles []string
	// DatabaseURL names the server; each role has a database of its own, "<name in the URL>_<role>".
	DatabaseURL string
	// NATSURL is the event bus: NATS with JetStream.
	NATSURL string
	// Listen is where the roles' RPCs are offered. Off loopback only with TLSDir.
	Listen string
	// RESTListen is where the gateway offers REST: loopback only, until partners have keys.
	RESTListen string
	// RESTRequests bounds the REST requests under way; more are told when to come again. 0: 1,000.
	RESTRequests int
	// HealthListen is where /healthz, /readyz and /metrics are; empty: nowhere.
	HealthListen string
	// OperationsListen is where operations is offered over Connect: gRPC, gRPC-Web and JSON. Off loopback only with TLSDir. Empty:
	// nowhere; its RPCs are offered on Listen all the same.
	OperationsListen string
	// TLSDir holds tls.crt, tls.key and ca.crt with SPIFFE ids. Empty: plain text, on loopback only.
	TLSDir string
	// TrustDomain is the trust domain of the SPIFFE ids.
	TrustDomain string
	// Addresses says where the roles of other processes are. A role that is neither here nor in Roles cannot be called.
	Addresses map[string]string
	// CompanyPrefix is the GS1 company prefix of container codes that are given out to warehouses. Empty: none are.
	CompanyPrefix string
	// Traces says where spans go. Service is filled in.
	Traces observe.Config
	// ERP is how the ERP is called.
	ERP ERPConfig
	// Warehouse is how the sandbox warehouse behaves.
	Warehouse wms.Config
	// Order is how orders are taken.
	Order order.Config
	// Operations is how events are kept and exceptions are handled.
	Operations operations.Config
	// ExceptionRules is a file with the rules of Operations. Empty: those that stand there.
	ExceptionRules string
}

// check names everything that is wrong.
func (c *Config) check() error {
	var wrong []error
	if len(c.Roles) == 0 {
		wrong = append(wrong, errors.New("no role is given"))
	}
	for _, name := range c.Roles {
		role, ok := find(name)
		if !ok {
			wrong = append(wrong, fmt.Errorf("there is no role %q; there are: %s", name, strings.Join(Roles(), ", ")))
			continue
		}
		if role.migrations != nil && c.DatabaseURL == "" {
			wrong = append(wrong, fmt.Errorf("role %s needs a database URL", name))
		}
		if role.events && c.NATSURL == "" {
			wrong = append(wrong, fmt.Errorf("role %s needs a NATS URL", name))
		}
		for _, peer := range role.calls {
			if !slices.Contains(c.Roles, peer) && c.Addresses[peer] == "" {
				wrong = append(wrong, fmt.Errorf("role %s calls %s: say where it is", name, peer))
			}
		}
	}
	if slices.Contains(c.Roles, "gateway") && !loopback(c.RESTListen) {
		wrong = append(wrong, fmt.Errorf("REST on %q: only loopback addresses are allowed until partners have keys", c.RESTListen))
	}
	if c.RESTRequests < 0 {
		wrong = append(wrong, fmt.Errorf("%d REST requests under way: no less than none can be", c.RESTRequests))
	}
	if err := c.readRules(); err != nil {
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

func (c *Config) readRules() error {
	if c.ExceptionRules == "" {
		return nil
	}
	file, err := os.Open(c.ExceptionRules)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	c.Operations.Rules, err = operations.ReadRules(file)
	return err
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
