package k8s_test

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// hardening returns the rights that a pod has and does not need.
func hardening(w workload) (found []string) {
	pod := w.pod.Spec
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		found = append(found, "its pods get a token of the cluster's API")
	}
	if context := pod.SecurityContext; context == nil || context.RunAsNonRoot == nil || !*context.RunAsNonRoot ||
		context.SeccompProfile == nil || context.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		found = append(found, "its pods may run as root or without seccomp")
	}
	for _, container := range pod.Containers {
		ours := strings.HasPrefix(container.Image, "waybill:")
		context := container.SecurityContext
		switch {
		case context == nil || context.AllowPrivilegeEscalation == nil || *context.AllowPrivilegeEscalation:
			found = append(found, "its container may gain privileges")
		case context.Capabilities == nil || !slices.Equal(context.Capabilities.Drop, []corev1.Capability{"ALL"}):
			found = append(found, "its container keeps capabilities")
		case ours && (context.ReadOnlyRootFilesystem == nil || !*context.ReadOnlyRootFilesystem):
			found = append(found, "its container may write to its image")
		}
		if container.Resources.Requests.Cpu().IsZero() || container.Resources.Requests.Memory().IsZero() {
			found = append(found, "its container asks for no resources")
		}
		if ours && container.Resources.Limits.Memory().IsZero() {
			found = append(found, "its container has no bound on memory")
		}
	}
	return found
}

// probes checks that a role has all three and that each asks a port that exists.
func probes(w workload, container corev1.Container) (found []string) {
	role := len(container.Args) > 0 && container.Args[0] == "serve"
	for name, probe := range map[string]*corev1.Probe{
		"startup": container.StartupProbe, "liveness": container.LivenessProbe, "readiness": container.ReadinessProbe,
	} {
		switch {
		case probe == nil && role:
			found = append(found, "no "+name+" probe")
		case probe != nil && probe.HTTPGet != nil:
			if _, ok := w.port(probe.HTTPGet.Port.StrVal); !ok {
				found = append(found, "its "+name+" probe asks an unknown port")
			}
		}
	}
	return found
}

// volumes checks that mounts and volumes belong together, and that a role's certificate is its own.
func volumes(w workload, container corev1.Container) (found []string) {
	for _, volume := range w.pod.Spec.Volumes {
		if !slices.ContainsFunc(container.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume.Name }) {
			found = append(found, "nobody mounts the volume "+volume.Name)
		}
		if volume.Secret != nil && volume.Secret.SecretName != w.name+"-tls" {
			found = append(found, "its certificate is "+volume.Secret.SecretName)
		}
	}
	for _, mount := range container.VolumeMounts {
		if !slices.ContainsFunc(w.pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name }) {
			found = append(found, "there is no volume "+mount.Name)
		}
	}
	return found
}
