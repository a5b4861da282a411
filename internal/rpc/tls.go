package rpc

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"google.golang.org/grpc/credentials"
)

// spiffePath begins the path of our services' SPIFFE ids: spiffe://<trust domain>/waybill/<service>.
const spiffePath = "/waybill/"

// TLS names the files of mutual TLS with SPIFFE ids, as a SPIFFE agent's helper or cert-manager writes them. They are
// read anew for each connection, so that rotation needs no restart; connections that stand keep what they have.
type TLS struct {
	// CertFile and KeyFile are this process's certificate chain and key in PEM. The certificate carries the id
	// spiffe://<TrustDomain>/waybill/<service>.
	CertFile, KeyFile string
	// BundleFile holds the certificates that the trust domain trusts, in PEM.
	BundleFile string
	// TrustDomain is the name of the trust domain, such as "acme.example".
	TrustDomain string
}

// GetX509SVID reads the certificate and the key.
func (t *TLS) GetX509SVID() (*x509svid.SVID, error) { return x509svid.Load(t.CertFile, t.KeyFile) }

// GetX509BundleForTrustDomain reads the certificates that are trusted. It knows no other trust domain than its own.
func (t *TLS) GetX509BundleForTrustDomain(domain spiffeid.TrustDomain) (*x509bundle.Bundle, error) {
	if domain.Name() != t.TrustDomain {
		return nil, fmt.Errorf("trust domain %q is not ours", domain)
	}
	return x509bundle.Load(domain, t.BundleFile)
}

// checked fails now rather than at the first connection.
func (t *TLS) checked() (spiffeid.TrustDomain, error) {
	domain, err := spiffeid.TrustDomainFromString(t.TrustDomain)
	if err != nil {
		return domain, fmt.Errorf("trust domain: %w", err)
	}
	own, err := t.GetX509SVID()
	if err != nil {
		return domain, fmt.Errorf("certificate: %w", err)
	}
	if !own.ID.MemberOf(domain) || serviceIn(own.ID) == "" {
		return domain, fmt.Errorf("the certificate's id %s is not spiffe://%s%s<service>", own.ID, domain, spiffePath)
	}
	if _, err := t.GetX509BundleForTrustDomain(domain); err != nil {
		return domain, fmt.Errorf("bundle: %w", err)
	}
	return domain, nil
}

// serviceIn is the service in an id of ours, or empty.
func serviceIn(id spiffeid.ID) string {
	service, ok := strings.CutPrefix(id.Path(), spiffePath)
	if !ok || strings.Contains(service, "/") {
		return ""
	}
	return service
}

// serverCredentials take connections from every service of the trust domain; what it may call is the policy's matter.
func (t *TLS) serverCredentials() (credentials.TransportCredentials, error) {
	config, err := t.serverConfig()
	if err != nil {
		return nil, err
	}
	return credentials.NewTLS(config), nil
}

func (t *TLS) serverConfig() (*tls.Config, error) {
	domain, err := t.checked()
	if err != nil {
		return nil, err
	}
	return newest(tlsconfig.MTLSServerConfig(t, t, ofServices(domain, nil))), nil
}

// spiffeURL is the SPIFFE id of the peer of a connection that was verified when it was made, or nil.
func spiffeURL(connection *tls.ConnectionState) *url.URL {
	if len(connection.PeerCertificates) == 0 {
		return nil
	}
	id, err := x509svid.IDFromCert(connection.PeerCertificates[0])
	if err != nil {
		return nil
	}
	return id.URL()
}

// clientCredentials connect to servers of the trust domain, of the given services only unless there are none.
func (t *TLS) clientCredentials(services []string) (credentials.TransportCredentials, error) {
	domain, err := t.checked()
	if err != nil {
		return nil, err
	}
	return credentials.NewTLS(newest(tlsconfig.MTLSClientConfig(t, t, ofServices(domain, services)))), nil
}

func newest(config *tls.Config) *tls.Config {
	config.MinVersion = tls.VersionTLS13
	config.SessionTicketsDisabled = true // a resumed session is not verified again
	return config
}

func ofServices(domain spiffeid.TrustDomain, services []string) tlsconfig.Authorizer {
	return func(id spiffeid.ID, _ [][]*x509.Certificate) error {
		service := serviceIn(id)
		if !id.MemberOf(domain) || service == "" || (len(services) > 0 && !slices.Contains(services, service)) {
			return fmt.Errorf("unexpected SPIFFE id %s", id)
		}
		return nil
	}
}

// errPlaintext is what a server or a client says that would speak plain text over a network.
var errPlaintext = errors.New("plain text is for loopback addresses and unix sockets only; configure TLS")

// localAddress reports whether an address can be reached from this machine only.
func localAddress(address net.Addr) bool {
	if address.Network() == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(address.String())
	return err == nil && net.ParseIP(host).IsLoopback()
}

// localTarget is localAddress for what a client dials.
func localTarget(target string) bool {
	if strings.HasPrefix(target, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(target[strings.LastIndex(target, "/")+1:])
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}
