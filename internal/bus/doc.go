// Package bus carries events over NATS JetStream.
//
// # Streams and subjects
//
// Every service that owns events has one stream, WAYBILL_<OWNER>, and a second one, WAYBILL_<OWNER>_STATE, where it owns
// state events. EnsureStreams makes them from the event options of the descriptors that are linked into the process.
//
//	waybill.<domain>.<aggregate>.<verb>.v<N>.<shard>       an event; the aggregate's id travels as a header
//	waybill.<domain>.<aggregate>.<verb>.v<N>.<part>.<part>  a state event; the stream keeps the last one per subject
//
// Subjects of events are few on purpose: millions would fill JetStream's memory.
//
// # Form
//
// CloudEvents 1.0 in binary mode: attributes are headers "ce-…", percent-encoded where they are not printable ASCII, and
// the data is the protobuf message. Nats-Msg-Id is the event's id, so that JetStream drops what is published twice within
// its short window; what comes twice after that is the consumer's to recognise.
//
// # Durability
//
// The broker acknowledges an event once it is written to its file, so that killing the process loses nothing. It is
// flushed to the disk every second: after a power cut an embedded broker may have lost the last second. Run a cluster
// with three replicas where that matters.
package bus
