package database

import "sync"

// listeners are the channels that a committed Notify wakes, by topic.
type listeners struct {
	mu      sync.Mutex
	byTopic map[string]map[chan struct{}]struct{}
}

// Listen gives a channel that receives after transactions of this DB that called Notify with the topic have
// committed. Several commits may be told as one, and a restart loses what was not yet received: it is a reason to look
// now, not a message. Stop ends it; the channel is never closed.
func (db *DB) Listen(topic string) (wake <-chan struct{}, stop func()) {
	l := &db.listeners
	channel := make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byTopic == nil {
		l.byTopic = make(map[string]map[chan struct{}]struct{})
	}
	if l.byTopic[topic] == nil {
		l.byTopic[topic] = make(map[chan struct{}]struct{})
	}
	l.byTopic[topic][channel] = struct{}{}
	return channel, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.byTopic[topic], channel)
	}
}

// wake tells every listener of the topics, without waiting for one: a full channel already says what there is to say.
func (l *listeners) wake(topics []string) {
	if len(topics) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, topic := range topics {
		for channel := range l.byTopic[topic] {
			select {
			case channel <- struct{}{}:
			default:
			}
		}
	}
}
