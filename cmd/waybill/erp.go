package main

import (
	"time"

	"github.com/waybill-dev/waybill/cmd/waybill/internal/mesh"
)

// erpOption says how the ERP is told what was sold, invoiced and credited, and what the sandbox ERP takes.
type erpOption struct {
	CallsPerSecond        int           `env:"CALLS_PER_SECOND" default:"10" help:"How many calls a replica of backoffice makes of it in a second at most: its part of what the ERP allows, and a little less."`
	TermsPerSecond        int           `env:"TERMS_PER_SECOND" default:"25" help:"How many calls a replica of order makes of it in a second at most, to ask about customers' terms."`
	MastersEvery          time.Duration `env:"MASTERS_EVERY" default:"5s" help:"How often it is asked for items, customers and prices that have changed."`
	MastersPerSecond      int           `env:"MASTERS_PER_SECOND" default:"5" help:"How many calls masterdata makes of it in a second at most while there are more of them."`
	DocumentsPerCall      int           `env:"DOCUMENTS_PER_CALL" default:"100" help:"How many documents a call posts at most, 1 to 100."`
	FirstPause            time.Duration `env:"FIRST_PAUSE" default:"1s" help:"For how long it is left alone when it does not answer; longer from failure to failure."`
	MaxPause              time.Duration `env:"MAX_PAUSE" default:"30s" help:"For how long at most."`
	SandboxCallsPerSecond int           `env:"SANDBOX_CALLS_PER_SECOND" default:"50" help:"How many calls the sandbox ERP takes in a second from everybody."`
}

func (o erpOption) config() mesh.ERPConfig {
	return mesh.ERPConfig{
		CallsPerSecond: o.CallsPerSecond, TermsPerSecond: o.TermsPerSecond, MastersEvery: o.MastersEvery, MastersPerSecond: o.MastersPerSecond,
		DocumentsPerCall: o.DocumentsPerCall, FirstPause: o.FirstPause, MaxPause: o.MaxPause,
		SandboxCallsPerSecond: o.SandboxCallsPerSecond,
	}
}
