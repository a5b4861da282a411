package fault

import (
	"context"
	"slices"
	"strings"
	"syscall"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	sandboxv1 "github.com/waybill-dev/waybill/gen/waybill/sandbox/v1"
	"github.com/waybill-dev/waybill/internal/rpc"
)

const (
	// leaseOver is longer than the lease on a shard: whoever sleeps so long wakes up as somebody whose work others do.
	leaseOver = 11 * time.Second
	// callTime is how long a fault waits for a call to strike at.
	callTime = 2 * time.Second
)

// stockFaults are those that can happen to one role.
func stockFaults() []trouble {
	return []trouble{
		{"killed at any moment", 4, killAnywhen},
		{"killed with a call in hand", 3, killInCall},
		{"reply lost", 4, loseReply},
		{"calls cut", 2, cutCalls},
		{"stopped in good order", 1, stopInOrder},
		{"database cut", 3, cutDatabase},
		{"database late", 2, delayDatabase},
		{"COMMIT lost", 4, poisonCommit(commitLost)},
		{"COMMIT answered to nobody", 6, poisonCommit(commitUnheard)},
		{"event bus cut", 2, cutBus},
		{"event bus late", 1, delayBus},
		{"JetStream restarted", 1, restartBroker},
	}
}

// meshFaults are those that can happen to the whole.
func meshFaults() []trouble {
	return append(stockFaults(),
		trouble{"killed after an event", 14, killAfterEvent},
		trouble{"both replicas away", 2, takeAway},
		trouble{"outside system away", 3, takeConnectorAway},
		trouble{"calls of outside systems cut", 3, cutConnector},
		trouble{"outside system misbehaves", 4, misbehave},
		trouble{"asleep past its lease", 1, freeze},
		trouble{"events twice and shuffled", 4, repeatEvents},
		trouble{"events in reverse", 4, reverseEvents},
	)
}

// killAnywhen kills a process at a moment that means nothing.
func killAnywhen(_ context.Context, on *lane) (bool, error) {
	on.replica().kill()
	return true, nil
}

// killAfterEvent kills a process as soon as the next event of some type is seen: a step of the process, and the moment in
// which it is told on.
func killAfterEvent(ctx context.Context, on *lane) (bool, error) {
	victim := on.replica()
	if !on.tap.next(ctx, on.random.IntN(1000), callTime) {
		return false, nil
	}
	victim.kill()
	return true, nil
}

// killInCall kills a process that has just been given a call, or has just answered.
func killInCall(_ context.Context, on *lane) (bool, error) {
	role, way := on.role(), direction(on.random.IntN(2))
	return on.strike(role, way, func(p *passage) bool {
		on.system.replicas[role][p.replica].kill()
		return false
	}), nil
}

// loseReply lets a call arrive, and its answer not.
func loseReply(_ context.Context, on *lane) (bool, error) {
	return on.strike(on.role(), reply, func(*passage) bool { return true }), nil
}

// strike does something to the next piece of data that passes the role's door, and tells whether any did in time.
func (l *lane) strike(role string, way direction, what func(*passage) (drop bool)) bool {
	door := l.system.doors[role]
	struck := make(chan struct{})
	door.atNext(way, func(_ direction, p *passage) bool {
		defer close(struck)
		return what(p)
	})
	select {
	case <-struck:
		return true
	case <-time.After(callTime):
		door.forget()
		return false
	}
}

func cutCalls(_ context.Context, on *lane) (bool, error) {
	on.system.doors[on.role()].cut()
	return true, nil
}

func stopInOrder(_ context.Context, on *lane) (bool, error) {
	on.replica().signal(syscall.SIGTERM)
	return true, nil
}

func cutDatabase(_ context.Context, on *lane) (bool, error) {
	return true, on.onDatabase().database.cut(on.millis(0, 800))
}

func delayDatabase(_ context.Context, on *lane) (bool, error) {
	return true, on.onDatabase().database.poison(late, on.millis(300, 1200))
}

// poisonCommit ends connections in the middle of a COMMIT, for a moment.
func poisonCommit(how string) func(context.Context, *lane) (bool, error) {
	return func(_ context.Context, on *lane) (bool, error) {
		victim, before := on.onDatabase(), commitsCut.Load()
		err := victim.database.poison(how, on.millis(100, 400))
		return commitsCut.Load() > before, err
	}
}

func cutBus(_ context.Context, on *lane) (bool, error) {
	return true, on.onBus().bus.cut(on.millis(0, 800))
}

func delayBus(_ context.Context, on *lane) (bool, error) {
	return true, on.onBus().bus.poison(late, on.millis(300, 1200))
}

func restartBroker(_ context.Context, on *lane) (bool, error) {
	return true, on.system.broker.restart(on.random.IntN(2) == 0, on.millis(0, 500))
}

// takeAway leaves a role without any process for a while.
func takeAway(_ context.Context, on *lane) (bool, error) {
	on.away(on.role(), on.millis(300, 2000))
	return true, nil
}

// away keeps both processes of a role down for a while.
func (l *lane) away(role string, during time.Duration) {
	both := l.system.replicas[role]
	for _, one := range both {
		one.hold(true)
		one.kill()
	}
	last(during)
	for _, one := range both {
		one.hold(false)
	}
}

// connectors are the outside systems that a system has.
func (l *lane) connectors() []string {
	return slices.DeleteFunc([]string{
		"connector-wms", "connector-tax", "connector-erp", "connector-payment", "connector-tms", "connector-channel",
	}, func(role string) bool { return l.system.replicas[role] == nil })
}

func (l *lane) connector() string {
	all := l.connectors()
	return all[l.random.IntN(len(all))]
}

func takeConnectorAway(_ context.Context, on *lane) (bool, error) {
	on.away(on.connector(), on.millis(300, 4000))
	return true, nil
}

// cutConnector cuts the calls of an outside system a few times in a row.
func cutConnector(_ context.Context, on *lane) (bool, error) {
	door := on.system.doors[on.connector()]
	for range 1 + on.random.IntN(5) {
		door.cut()
		on.pause(20, 100)
	}
	return true, nil
}

// misbehave lets an outside system be late, fail, take calls twice and in another order, and lose its answers for a while; one that is only
// asked, or told as a courtesy, refuses too. Of others a refusal is final, and waits for a person.
func misbehave(ctx context.Context, on *lane) (bool, error) {
	role := on.connector()
	share := func() int32 { return int32(on.random.IntN(4)) * 1000 }
	dials := &sandboxv1.Dials{
		Delay: durationpb.New(on.millis(0, 400)), ErrorBp: share(), DuplicateBp: share(), ReorderBp: share(), LostReplyBp: share(),
		Seed: on.random.Uint64(),
	}
	if role == "connector-tms" || role == "connector-channel" {
		dials.RefusalBp = share()
	}
	during := on.millis(500, 3000)
	_, addresses := on.system.doors[role].next()
	turned := false
	for _, address := range addresses {
		// Each replica has dials of its own; one that is killed meanwhile forgets them.
		conn, err := rpc.Dial(rpc.ClientConfig{Addr: address, Caller: "operator"})
		if err != nil {
			return turned, err
		}
		defer func() { _ = conn.Close() }()
		sandboxes := sandboxv1.NewSandboxServiceClient(conn)
		request := &sandboxv1.SetDialsRequest{System: strings.TrimPrefix(role, "connector-"), Dials: dials}
		if _, err := sandboxes.SetDials(ctx, request); err != nil {
			continue // it is down
		}
		turned = true
		defer func() { _, _ = sandboxes.SetDials(ctx, &sandboxv1.SetDialsRequest{System: request.GetSystem()}) }()
	}
	last(during)
	return turned, nil
}

// freeze stops a process for longer than its lease lasts, whatever it was doing, and lets it go on.
func freeze(_ context.Context, on *lane) (bool, error) {
	victim := on.onDatabase()
	victim.signal(syscall.SIGSTOP)
	last(leaseOver + on.millis(0, 2000))
	victim.signal(syscall.SIGCONT)
	return true, nil
}

func repeatEvents(_ context.Context, on *lane) (bool, error) {
	on.tap.record(true)
	on.pause(300, 1500)
	return on.tap.again(on.random)
}

// reverseEvents keeps a role from the event bus until it has something to tell, and tells it in reverse.
func reverseEvents(ctx context.Context, on *lane) (bool, error) {
	role := on.onBus().role
	for _, one := range on.system.replicas[role] {
		one.bus.busy.Lock()
		one.bus.proxy.Stop()
	}
	on.pause(200, 900)
	told, err := on.tap.reverse(ctx, role)
	for _, one := range on.system.replicas[role] {
		if startErr := one.bus.proxy.Start(); err == nil {
			err = startErr
		}
		one.bus.busy.Unlock()
	}
	return told > 0, err
}
