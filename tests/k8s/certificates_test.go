package k8s_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Every role gets a certificate that says who it is and that the others can verify, whichever side of a connection
// it stands on.
func TestDevCertificates(t *testing.T) {
	for _, needed := range []string{"bash", "openssl"} {
		if _, err := exec.LookPath(needed); err != nil {
			t.Skipf("needs %s: %v", needed, err)
		}
	}
	out := t.TempDir()
	if output, err := exec.CommandContext(t.Context(), dev+"/certificates", out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, d := range render(t, dev).deployments {
		folder := filepath.Join(out, d.Name)
		pair, err := tls.LoadX509KeyPair(filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"))
		if err != nil {
			t.Errorf("%s: %v", d.Name, err)
			continue
		}
		authority, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(authority) {
			t.Fatalf("%s: ca.crt holds no certificate", d.Name)
		}
		for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
			if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: d.Name, KeyUsages: []x509.ExtKeyUsage{usage}}); err != nil {
				t.Errorf("%s: %v", d.Name, err)
			}
		}
		if ids := pair.Leaf.URIs; len(ids) != 1 || ids[0].String() != "spiffe://waybill/"+d.Name {
			t.Errorf("%s: its ids are %v", d.Name, ids)
		}
	}
}
