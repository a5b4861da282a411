package shard

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
)

const (
	// defaultLease is how long the work of a replica that died lies still.
	defaultLease = 10 * time.Second
	// releaseTime bounds the goodbye of a replica that stops.
	releaseTime = 3 * time.Second
)

// Owner holds the leases of one replica in one group of one database. Drains ask it for Leases and wait on Changed.
// Safe for concurrent use.
type Owner struct {
	db      *database.DB
	group   string
	replica string
	lease   time.Duration
	log     *slog.Logger
	owned   prometheus.Gauge

	mu      sync.Mutex
	leases  Leases
	until   time.Time // when the leases end unless renewed, on this machine's monotonic clock
	changed chan struct{}
}

// Option changes how NewOwner makes an Owner.
type Option func(*options)

type options struct {
	lease      time.Duration
	name       string
	log        *slog.Logger
	registerer prometheus.Registerer
}

// Lease sets how long a replica counts as alive after its last renewal: the time that its death costs. All replicas of a
// group should agree on it.
func Lease(d time.Duration) Option { return func(o *options) { o.lease = d } }

// Name sets a readable start of the replica's name in the tables, such as that of its pod.
func Name(name string) Option { return func(o *options) { o.name = name } }

// Log sets where take-overs and failures are told.
func Log(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// Metrics shows the number of owned shards on the registerer.
func Metrics(registerer prometheus.Registerer) Option {
	return func(o *options) { o.registerer = registerer }
}

// NewOwner makes an Owner that owns nothing until Run runs. The replica's name is new each time: a process that starts
// again is another replica, and what the old one still tries is fenced off.
func NewOwner(db *database.DB, group string, opts ...Option) *Owner {
	chosen := options{lease: defaultLease, name: "replica", log: slog.Default()}
	for _, opt := range opts {
		opt(&chosen)
	}
	return &Owner{
		db:      db,
		group:   group,
		replica: id.Format(chosen.name, id.New()),
		lease:   chosen.lease,
		log:     chosen.log.With("group", group, "database", db.Name()),
		owned:   ownedGauge(chosen.registerer, db.Name(), group),
		leases:  Leases{group: group},
		changed: make(chan struct{}),
	}
}

// Leases is what is owned now. It becomes empty by itself when renewing has failed for a lease time.
func (o *Owner) Leases() Leases {
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Now().After(o.until) {
		return Leases{group: o.group}
	}
	return o.leases
}

// Changed is closed when the set of leases next changes. Ask for it before Leases, so that no change is missed.
func (o *Owner) Changed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changed
}

// Run takes and renews leases until ctx ends, then gives them back and returns nil. While the database does not answer
// it goes on trying, and owns nothing once the lease time is over.
func (o *Owner) Run(ctx context.Context) error {
	every := o.lease / 4
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			o.release(ctx)
			return nil
		case <-timer.C:
		}
		if err := o.renew(ctx); err != nil && ctx.Err() == nil {
			o.log.WarnContext(ctx, "leases not renewed", "error", err)
			o.expire()
		}
		timer.Reset(every)
	}
}

// renew is one round: show that this replica lives, see who else does, take and give back.
func (o *Owner) renew(ctx context.Context) error {
	// Counted from before the database's clock is read: here the lease ends a little before it ends there.
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, o.lease)
	defer cancel()
	leases, err := database.TxBeside(ctx, o.db, "shard_renew", func(tx database.Transaction) (Leases, error) {
		return o.round(ctx, tx)
	})
	if err != nil {
		return err
	}
	o.set(leases, start.Add(o.lease))
	return nil
}

// expire makes the end of the leases known to whoever waits on Changed.
func (o *Owner) expire() {
	if o.Leases().Empty() {
		o.set(Leases{group: o.group}, time.Time{})
	}
}

func (o *Owner) set(leases Leases, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.until = until
	if o.leases == leases {
		return
	}
	o.log.Debug("leases changed", "shards", fmt.Sprint(leases.Shards()))
	o.leases = leases
	o.owned.Set(float64(len(leases.Shards())))
	close(o.changed)
	o.changed = make(chan struct{})
}

// release gives everything back, so that nobody has to wait for the lease to run out. If it fails, they wait.
func (o *Owner) release(ctx context.Context) {
	o.set(Leases{group: o.group}, time.Time{})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	_, err := database.Tx(ctx, o.db, "shard_release", func(tx database.Transaction) (struct{}, error) {
		_, err := tx.Exec(ctx, `DELETE FROM shard_replica WHERE grp = $1 AND replica = $2`, o.group, o.replica)
		if err != nil {
			return struct{}{}, err
		}
		_, err = tx.Exec(ctx, `UPDATE shard_lease SET holder = '' WHERE grp = $1 AND holder = $2`, o.group, o.replica)
		return struct{}{}, err
	})
	if err != nil {
		o.log.WarnContext(ctx, "leases not given back, others wait for their end", "error", err)
	}
}
