package fault

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

// door is one address in front of the replicas of a role, as a Kubernetes Service is: each connection goes to one of those
// that live, in turn.
type door struct {
	listener net.Listener
	turn     atomic.Uint64

	mu       sync.Mutex
	backends map[int]string // by replica
	open     map[*passage]bool
	tap      func(direction, *passage) (drop bool) // sees the next piece of data, once
	tapAt    direction
}

// direction is which way data goes.
type direction int

const (
	request direction = iota
	reply
)

// passage is one connection through a door.
type passage struct {
	replica        int
	client, server net.Conn
}

func (p *passage) cut() {
	for _, conn := range []net.Conn{p.client, p.server} {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, as of a machine that is gone
		}
		_ = conn.Close()
	}
}

func newDoor(t *testing.T) *door {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{listener: listener, backends: map[int]string{}, open: map[*passage]bool{}}
	t.Cleanup(func() {
		_ = listener.Close()
		d.cut()
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go d.serve(client)
		}
	}()
	return d
}

func (d *door) address() string { return d.listener.Addr().String() }

// lead says where a replica is; empty: it is gone.
func (d *door) lead(replica int, address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if address == "" {
		delete(d.backends, replica)
		return
	}
	d.backends[replica] = address
}

// next are the replicas that live, the one whose turn it is first.
func (d *door) next() (replicas []int, addresses []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	turn := int(d.turn.Add(1))
	for i := range 2 {
		replica := (turn + i) % 2
		if address, ok := d.backends[replica]; ok {
			replicas, addresses = append(replicas, replica), append(addresses, address)
		}
	}
	return replicas, addresses
}

func (d *door) serve(client net.Conn) {
	replicas, addresses := d.next()
	for i, address := range addresses {
		server, err := net.Dial("tcp", address)
		if err != nil {
			continue
		}
		p := &passage{replica: replicas[i], client: client, server: server}
		d.mu.Lock()
		d.open[p] = true
		d.mu.Unlock()
		go d.pass(p, reply, client, server)
		d.pass(p, request, server, client)
		d.mu.Lock()
		delete(d.open, p)
		d.mu.Unlock()
		return
	}
	_ = client.Close()
}

func (d *door) pass(p *passage, way direction, to, from net.Conn) {
	defer p.cut()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if d.seen(p, way) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// seen shows the tap a piece of data, if one waits for it.
func (d *door) seen(p *passage, way direction) (drop bool) {
	d.mu.Lock()
	tap := d.tap
	if tap == nil || d.tapAt != way {
		d.mu.Unlock()
		return false
	}
	d.tap = nil
	d.mu.Unlock()
	return tap(way, p)
}

// atNext calls tap with the next piece of data in the direction; what it drops does not arrive, and the connection ends.
func (d *door) atNext(way direction, tap func(direction, *passage) (drop bool)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tap, d.tapAt = tap, way
}

// forget takes a tap away that saw nothing.
func (d *door) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tap = nil
}

// cut ends every connection.
func (d *door) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for p := range d.open {
		p.cut()
	}
}

// reach makes the database server that a URL names reachable over TCP, since a proxy knows nothing else, and returns where.
func reach(t *testing.T, databaseURL string) (address string, named *url.URL) {
	t.Helper()
	named, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	query := named.Query()
	folder := query.Get("host")
	if folder == "" {
		return named.Host, named
	}
	socket := folder + "/.s.PGSQL." + query.Get("port")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go bridge(client, socket)
		}
	}()
	return listener.Addr().String(), named
}

func bridge(client net.Conn, socket string) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1]) // an end of any kind is an end
			done <- struct{}{}
		}()
	}
	<-done
}
