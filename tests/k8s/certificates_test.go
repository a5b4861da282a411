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
	found := render(t, dev)
	for _, d := range found.deployments {
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
		values, _ := found.settings(d.Spec.Template.Spec.Containers[0])
		want := "spiffe://" + values["WAYBILL_TRUST_DOMAIN"] + "/waybill/" + d.Name
		if ids := pair.Leaf.URIs; len(ids) != 1 || ids[0].String() != want {
			t.Errorf("%s: its ids are %v, want %s", d.Name, ids, want)
		}
		if mount := d.Spec.Template.Spec.Containers[0].VolumeMounts[0].MountPath; values["WAYBILL_TLS_DIR"] != mount {
			t.Errorf("%s: WAYBILL_TLS_DIR is %q, but the certificate lies in %s", d.Name, values["WAYBILL_TLS_DIR"], mount)
		}
	}
}
