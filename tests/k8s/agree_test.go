package k8s_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestDevAgreesWithItself(t *testing.T) {
	for _, problem := range problems(render(t, dev)) {
		t.Error(problem)
	}
}

// The base leaves the Secrets to its overlays; all else must be whole.
func TestBaseDecodes(t *testing.T) {
	if found := render(t, base); len(found.deployments) == 0 || len(found.jobs) != 1 {
		t.Errorf("%d Deployments and %d Jobs, want the roles and the migration", len(found.deployments), len(found.jobs))
	}
}

// Every service that has code has a Deployment.
func TestEveryServiceIsDeployed(t *testing.T) {
	found := render(t, base)
	for _, pattern := range []string{"../../services/*", "../../services/connector/*"} {
		folders, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, folder := range folders {
			if _, err := os.Stat(filepath.Join(folder, "doc.go")); err != nil {
				continue
			}
			role := strings.ReplaceAll(strings.TrimPrefix(folder, "../../services/"), "/", "-")
			if !slices.ContainsFunc(found.workloads(), func(w workload) bool { return w.name == role }) {
				t.Errorf("%s has no Deployment %s", folder, role)
			}
		}
	}
}

// Each mistake that somebody could make in a manifest is seen.
func TestMistakesAreSeen(t *testing.T) {
	order := func(c *cluster) *corev1.PodTemplateSpec {
		for _, d := range c.deployments {
			if d.Name == "order" {
				return &d.Spec.Template
			}
		}
		t.Fatal("no Deployment order")
		return nil
	}
	for name, mistake := range map[string]func(*cluster){
		"labels that the selector misses":  func(c *cluster) { order(c).Labels["app.kubernetes.io/name"] = "orders" },
		"a Service that selects nobody":    func(c *cluster) { c.service("order").Spec.Selector["app.kubernetes.io/name"] = "x" },
		"a Service port without target":    func(c *cluster) { c.service("order").Spec.Ports[0].TargetPort.StrVal = "rpc" },
		"a headless port that differs":     func(c *cluster) { c.service("order").Spec.Ports[0].Port = 443 },
		"a probe of an unknown port":       func(c *cluster) { order(c).Spec.Containers[0].ReadinessProbe.HTTPGet.Port.StrVal = "h" },
		"a ConfigMap that is not there":    func(c *cluster) { c.configMaps = nil },
		"a Secret that is not there":       func(c *cluster) { c.secrets = nil },
		"a volume that nobody mounts":      func(c *cluster) { order(c).Spec.Containers[0].VolumeMounts = nil },
		"a container that runs as root":    func(c *cluster) { order(c).Spec.SecurityContext.RunAsNonRoot = nil },
		"a file system that is not locked": func(c *cluster) { order(c).Spec.Containers[0].SecurityContext.ReadOnlyRootFilesystem = nil },
		"no bound on memory":               func(c *cluster) { order(c).Spec.Containers[0].Resources.Limits = nil },
		"another role's arguments":         func(c *cluster) { order(c).Spec.Containers[0].Args = []string{"serve", "billing"} },
		"another image":                    func(c *cluster) { order(c).Spec.Containers[0].Image = "waybill:other" },
		"no disruption budget":             func(c *cluster) { c.budgets = c.budgets[1:] },
		"an address that nobody serves":    func(c *cluster) { c.services = slices.DeleteFunc(c.services, named("billing")) },
		"no database":                      func(c *cluster) { c.services = slices.DeleteFunc(c.services, named("postgres")) },
	} {
		t.Run(name, func(t *testing.T) {
			found := render(t, dev)
			mistake(found)
			if len(problems(found)) == 0 {
				t.Error("nothing was said of it")
			}
		})
	}
}

func named(name string) func(*corev1.Service) bool {
	return func(s *corev1.Service) bool { return s.Name == name }
}

// problems returns everything in which the manifests contradict each other.
func problems(c *cluster) (all []string) {
	for _, w := range c.workloads() {
		report := func(found ...string) {
			for _, problem := range found {
				all = append(all, w.name+": "+problem)
			}
		}
		if w.selector != nil && !w.matches(w.selector.MatchLabels) {
			report("its selector does not choose its own pods")
		}
		report(hardening(w)...)
		for _, container := range w.pod.Spec.Containers {
			report(probes(w, container)...)
			report(volumes(w, container)...)
			values, missing := c.settings(container)
			report(missing...)
			report(c.addresses(values)...)
			report(listeners(w, values)...)
		}
	}
	for _, d := range c.deployments {
		if err := c.role(d.Name, d.Spec.Template.Spec.Containers); err != "" {
			all = append(all, d.Name+": "+err)
		}
	}
	return append(all, c.servicePorts()...)
}

// role returns what is wrong with a role's own container, its Service and its budget.
func (c *cluster) role(name string, containers []corev1.Container) string {
	switch {
	case len(containers) != 1 || containers[0].Image != "waybill:dev":
		return "not one container of the image waybill:dev"
	case !slices.Equal(containers[0].Args, []string{"serve", name}):
		return fmt.Sprintf("its arguments are %v, want serve %s", containers[0].Args, name)
	case c.service(name) == nil:
		return "it has no Service"
	}
	for _, budget := range c.budgets {
		if budget.Name == name && budget.Spec.Selector.MatchLabels["app.kubernetes.io/name"] == name {
			return ""
		}
	}
	return "it has no PodDisruptionBudget"
}

// servicePorts checks that each Service chooses the pods of one workload and that its ports are theirs.
func (c *cluster) servicePorts() (found []string) {
	for _, s := range c.services {
		var chosen []workload
		for _, w := range c.workloads() {
			if w.matches(s.Spec.Selector) {
				chosen = append(chosen, w)
			}
		}
		if len(chosen) != 1 {
			found = append(found, fmt.Sprintf("Service %s chooses the pods of %d workloads", s.Name, len(chosen)))
			continue
		}
		for _, port := range s.Spec.Ports {
			target, ok := chosen[0].port(port.TargetPort.StrVal)
			switch {
			case !ok:
				found = append(found, fmt.Sprintf("Service %s: no container port is named %q", s.Name, port.TargetPort.StrVal))
			case s.Spec.ClusterIP == corev1.ClusterIPNone && target.ContainerPort != port.Port:
				// Behind a headless Service callers reach the container's port itself.
				found = append(found, fmt.Sprintf("Service %s: port %d, but its pods listen on %d", s.Name, port.Port, target.ContainerPort))
			}
		}
	}
	return found
}

// addresses checks that every address among a role's settings is served.
func (c *cluster) addresses(values map[string]string) (found []string) {
	for name, value := range values {
		if strings.HasSuffix(name, "_URL") {
			if parsed, err := url.Parse(value); err != nil {
				value = "unreadable"
			} else {
				value = parsed.Host
			}
		} else if !strings.HasSuffix(name, "_ADDRESS") {
			continue
		}
		host, port, err := net.SplitHostPort(value)
		service := c.service(host)
		if err != nil || service == nil || !slices.ContainsFunc(service.Spec.Ports, func(p corev1.ServicePort) bool {
			return strconv.Itoa(int(p.Port)) == port
		}) {
			found = append(found, fmt.Sprintf("%s leads to %s, which no Service serves", name, value))
		}
	}
	return found
}

// listeners checks that what a role is told to listen on is what its container says, and that plain REST stays inside
// the pod.
func listeners(w workload, values map[string]string) (found []string) {
	for setting, portName := range map[string]string{
		"WAYBILL_LISTEN": "grpc", "WAYBILL_HEALTH_LISTEN": "health", "WAYBILL_REST_LISTEN": "rest",
	} {
		value, set := values[setting]
		port, has := w.port(portName)
		if !set && !has {
			continue
		}
		host, number, err := net.SplitHostPort(value)
		if err != nil || !has || number != strconv.Itoa(int(port.ContainerPort)) {
			found = append(found, fmt.Sprintf("%s is %q, the container's port %s is %d", setting, value, portName, port.ContainerPort))
		}
		if loopback := host == "127.0.0.1"; loopback != (portName == "rest") {
			found = append(found, setting+" listens on "+host)
		}
	}
	return found
}
