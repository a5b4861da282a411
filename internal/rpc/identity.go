package rpc

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Gateway is the service that may act on behalf of others.
const Gateway = "gateway"

// ownPrincipal begins the principals of services that act for themselves, and of nobody else.
const ownPrincipal = "service:"

// Identity says who calls.
type Identity struct {
	// Service is the service that calls, known from its connection.
	Service string
	// Principal is who is behind the call: whom the gateway names, else "service:<name>". Idempotency keys belong to it.
	Principal string
	// Partner is the partner on whose behalf the gateway calls; empty when there is none.
	Partner string
	// Scopes are what whoever is behind the gateway may do; empty for a service that acts for itself.
	Scopes []string
}

// Allows reports whether the caller may do what the scope stands for. A service that acts for itself may do all that
// the policy of the RPC lets it; whoever is behind the gateway needs the scope.
func (i Identity) Allows(scope string) bool {
	if i.Service != "" && i.Service != Gateway {
		return true
	}
	return slices.Contains(i.Scopes, scope)
}

// forwarded reports whether the gateway acts on behalf of somebody.
func (i *Identity) forwarded() bool { return !strings.HasPrefix(i.Principal, ownPrincipal) }

type identityKey struct{}

// IdentityFrom is the caller of the RPC that ctx belongs to, or the zero Identity outside of one.
func IdentityFrom(ctx context.Context) Identity {
	if identity, ok := ctx.Value(identityKey{}).(*Identity); ok {
		return *identity
	}
	return Identity{}
}

// WithIdentity says on whose behalf calls with this context are made. Only the gateway's clients forward it.
func WithIdentity(ctx context.Context, identity Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, &identity)
}

// The headers. Values are escaped as URL paths are, because headers carry ASCII only.
const (
	headerCaller    = "waybill-caller"
	headerPrincipal = "waybill-principal"
	headerPartner   = "waybill-partner"
	headerScopes    = "waybill-scopes"
)

// outgoing is what a client of caller sends about itself and about whom it acts for.
func outgoing(ctx context.Context, caller string, own metadata.MD) metadata.MD {
	if caller != Gateway {
		return own
	}
	identity, ok := ctx.Value(identityKey{}).(*Identity)
	if !ok {
		return own
	}
	sent := make(metadata.MD, 4)
	sent[headerCaller] = own[headerCaller]
	sent[headerPrincipal] = []string{url.PathEscape(identity.Principal)}
	if identity.Partner != "" {
		sent[headerPartner] = []string{url.PathEscape(identity.Partner)}
	}
	if len(identity.Scopes) > 0 {
		sent[headerScopes] = []string{strings.Join(identity.Scopes, " ")}
	}
	return sent
}

// identify finds out who calls. Secured tells whether the server takes callers' names from certificates.
func identify(ctx context.Context, secured bool) (*Identity, error) {
	service := header(ctx, headerCaller)
	if secured {
		service = certified(ctx)
	}
	if service == "" {
		return nil, fault.New(fault.Unauthenticated, "CALLER_UNKNOWN", "the calling service did not say who it is")
	}
	principal, partner, scopes := header(ctx, headerPrincipal), header(ctx, headerPartner), header(ctx, headerScopes)
	if principal == "" && partner == "" && scopes == "" {
		return &Identity{Service: service, Principal: ownPrincipal + service}, nil
	}
	if service != Gateway {
		return nil, fault.New(fault.Denied, "FORWARDING_DENIED", "only the gateway may act on behalf of others")
	}
	identity := &Identity{Service: service, Scopes: strings.Fields(scopes)}
	var badPrincipal, badPartner error
	identity.Principal, badPrincipal = url.PathUnescape(principal)
	identity.Partner, badPartner = url.PathUnescape(partner)
	if badPrincipal != nil || badPartner != nil || identity.Principal == "" || !identity.forwarded() {
		return nil, fault.New(fault.Unauthenticated, "PRINCIPAL_UNKNOWN", "the gateway did not say properly for whom it acts")
	}
	return identity, nil
}

func header(ctx context.Context, name string) string {
	if values := metadata.ValueFromIncomingContext(ctx, name); len(values) == 1 {
		return values[0]
	}
	return ""
}

// certified is the service in the SPIFFE id of the connection. That the id is one of our trust domain was checked when
// the connection was made.
func certified(ctx context.Context) string {
	from, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}
	info, ok := from.AuthInfo.(credentials.TLSInfo)
	if !ok || info.SPIFFEID == nil {
		return ""
	}
	service, ok := strings.CutPrefix(info.SPIFFEID.Path, spiffePath)
	if !ok {
		return ""
	}
	return service
}
