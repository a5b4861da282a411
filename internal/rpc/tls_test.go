package rpc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

// authority issues certificates for one trust domain.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		URIs: []*url.URL{{Scheme: "spiffe", Host: "test.example"}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue writes the files for an id, signed by the authority.
func (a *authority) issue(t *testing.T, id string) *rpc.TLS {
	t.Helper()
	folder := t.TempDir()
	files := &rpc.TLS{
		CertFile: filepath.Join(folder, "svid.pem"), KeyFile: filepath.Join(folder, "key.pem"),
		BundleFile: filepath.Join(folder, "bundle.pem"), TrustDomain: "test.example",
	}
	a.reissue(t, files, id)
	write(t, files.BundleFile, "CERTIFICATE", a.cert.Raw)
	return files
}

func (a *authority) reissue(t *testing.T, files *rpc.TLS, id string) {
	t.Helper()
	uri, err := url.Parse(id)
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), URIs: []*url.URL{uri},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, files.CertFile, "CERTIFICATE", der)
	write(t, files.KeyFile, "PRIVATE KEY", pkcs8)
}

func write(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCertificatesSayWhoCalls(t *testing.T) {
	trusted, stranger := newAuthority(t), newAuthority(t)
	var got rpc.Identity
	server := serve(t, trusted.issue(t, "spiffe://test.example/waybill/masterdata"), withMasterdata(&masterdata{
		getItem: func(ctx context.Context, _ *masterdatav1.GetItemRequest) (*masterdatav1.GetItemResponse, error) {
			got = rpc.IdentityFrom(ctx)
			return &masterdatav1.GetItemResponse{}, nil
		},
	}))
	tests := []struct {
		name    string
		from    *authority
		id      string
		caller  string
		servers []string
		kind    fault.Kind // Internal stands for success
	}{
		{"a service of ours", trusted, "spiffe://test.example/waybill/operator", "operator", nil, 0},
		{"and the server is whom we meant", trusted, "spiffe://test.example/waybill/operator", "operator", []string{"order", "masterdata"}, 0},
		{"what the client says it is does not count", trusted, "spiffe://test.example/waybill/billing", "operator", nil, fault.Denied},
		{"the server is not whom we meant", trusted, "spiffe://test.example/waybill/operator", "operator", []string{"order"}, fault.Unavailable},
		{"a certificate of somebody else's", stranger, "spiffe://test.example/waybill/operator", "operator", nil, fault.Unavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got = rpc.Identity{}
			files := test.from.issue(t, test.id)
			write(t, files.BundleFile, "CERTIFICATE", trusted.cert.Raw) // the client trusts the server in any case
			err := getItem(t.Context(), dial(t, rpc.ClientConfig{Addr: server.addr, Caller: test.caller, TLS: files, Servers: test.servers}))
			if test.kind == 0 && (err != nil || got.Service != test.caller) {
				t.Errorf("%v, the handler saw %+v", err, got)
			}
			if test.kind != 0 && fault.KindOf(err) != test.kind {
				t.Errorf("%v, want %v", err, test.kind)
			}
		})
	}

	t.Run("the gateway speaks for a partner", func(t *testing.T) {
		files := trusted.issue(t, "spiffe://test.example/waybill/gateway")
		conn := dial(t, rpc.ClientConfig{Addr: server.addr, Caller: "gateway", TLS: files})
		if err := getItem(asPartner(t, "items.read"), conn); err != nil || got.Partner != "acme" {
			t.Errorf("%v, the handler saw %+v", err, got)
		}
	})
	t.Run("plain text", func(t *testing.T) {
		conn, err := grpc.NewClient(server.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		ctx := metadata.AppendToOutgoingContext(t.Context(), "waybill-caller", "operator")
		if err := getItem(ctx, conn); err == nil {
			t.Error("a server with TLS answers in plain text")
		}
	})
}

func TestRotatedCertificatesNeedNoRestart(t *testing.T) {
	old, fresh := newAuthority(t), newAuthority(t)
	files := old.issue(t, "spiffe://test.example/waybill/masterdata")
	server := serve(t, files, withMasterdata(&masterdata{}))
	fresh.reissue(t, files, "spiffe://test.example/waybill/masterdata")
	write(t, files.BundleFile, "CERTIFICATE", fresh.cert.Raw)
	client := fresh.issue(t, "spiffe://test.example/waybill/operator")
	if err := getItem(t.Context(), dial(t, rpc.ClientConfig{Addr: server.addr, Caller: "operator", TLS: client})); err != nil {
		t.Error(err)
	}
}

func TestFilesThatDoNotServeAreRefusedAtTheStart(t *testing.T) {
	trusted := newAuthority(t)
	good := func() *rpc.TLS { return trusted.issue(t, "spiffe://test.example/waybill/order") }
	if _, err := rpc.NewServer(rpc.ServerConfig{TLS: good()}); err != nil {
		t.Fatalf("good files: %v", err)
	}
	broken := map[string]func() *rpc.TLS{
		"certificate:":  func() *rpc.TLS { f := good(); f.KeyFile = "/nowhere"; return f },
		"bundle:":       func() *rpc.TLS { f := good(); f.BundleFile = "/nowhere"; return f },
		"trust domain:": func() *rpc.TLS { f := good(); f.TrustDomain = ""; return f },
		"spiffe://other.example/waybill/order": func() *rpc.TLS {
			return trusted.issue(t, "spiffe://other.example/waybill/order")
		},
		"spiffe://test.example/order":           func() *rpc.TLS { return trusted.issue(t, "spiffe://test.example/order") },
		"spiffe://test.example/waybill/order/x": func() *rpc.TLS { return trusted.issue(t, "spiffe://test.example/waybill/order/x") },
	}
	for want, files := range broken {
		if _, err := rpc.NewServer(rpc.ServerConfig{TLS: files()}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the server says %v", want, err)
		}
		if _, err := rpc.Dial(rpc.ClientConfig{Addr: "order:7101", Caller: "order", TLS: files()}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the client says %v", want, err)
		}
	}
}

func TestTLSMayLeaveTheMachine(t *testing.T) {
	trusted := newAuthority(t)
	server, err := rpc.NewServer(rpc.ServerConfig{TLS: trusted.issue(t, "spiffe://test.example/waybill/masterdata")})
	if err != nil {
		t.Fatal(err)
	}
	withMasterdata(&masterdata{})(server)
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(ctx, listener) }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	files := trusted.issue(t, "spiffe://test.example/waybill/operator")
	if err := getItem(t.Context(), dial(t, rpc.ClientConfig{Addr: "127.0.0.1:" + port, Caller: "operator", TLS: files})); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-stopped; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
