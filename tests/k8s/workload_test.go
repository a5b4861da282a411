package k8s_test

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// workload is what a Deployment, a StatefulSet and a Job have in common.
type workload struct {
	name     string
	selector *metav1.LabelSelector // nil: a Job, whose selector the cluster makes
	pod      corev1.PodTemplateSpec
}

func (c *cluster) workloads() []workload {
	var all []workload
	for _, d := range c.deployments {
		all = append(all, workload{d.Name, d.Spec.Selector, d.Spec.Template})
	}
	for _, s := range c.statefulSets {
		all = append(all, workload{s.Name, s.Spec.Selector, s.Spec.Template})
	}
	for _, j := range c.jobs {
		all = append(all, workload{j.Name, nil, j.Spec.Template})
	}
	return all
}

// matches reports whether a selector chooses the workload's pods.
func (w workload) matches(selector map[string]string) bool {
	return len(selector) > 0 && labels.SelectorFromSet(selector).Matches(labels.Set(w.pod.Labels))
}

// port returns a container port by its name.
func (w workload) port(name string) (corev1.ContainerPort, bool) {
	for _, container := range w.pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == name {
				return port, true
			}
		}
	}
	return corev1.ContainerPort{}, false
}

// settings returns a container's environment as the cluster would give it. References that lead nowhere are problems.
func (c *cluster) settings(container corev1.Container) (values map[string]string, problems []string) {
	values = map[string]string{}
	for _, source := range container.EnvFrom {
		if source.ConfigMapRef == nil {
			problems = append(problems, "envFrom without a ConfigMap")
			continue
		}
		data, ok := c.configMap(source.ConfigMapRef.Name)
		if !ok {
			problems = append(problems, "no ConfigMap "+source.ConfigMapRef.Name)
		}
		maps.Copy(values, data)
	}
	for _, variable := range container.Env {
		value := variable.Value
		if from := variable.ValueFrom; from != nil && from.SecretKeyRef != nil {
			data, ok := c.secret(from.SecretKeyRef.Name)
			if _, has := data[from.SecretKeyRef.Key]; !ok || !has {
				problems = append(problems, fmt.Sprintf("no key %s in a Secret %s", from.SecretKeyRef.Key, from.SecretKeyRef.Name))
			}
			value = string(data[from.SecretKeyRef.Key])
		}
		values[variable.Name] = value
	}
	return values, problems
}

func (c *cluster) configMap(name string) (map[string]string, bool) {
	for _, m := range c.configMaps {
		if m.Name == name {
			return m.Data, true
		}
	}
	return nil, false
}

func (c *cluster) secret(name string) (map[string][]byte, bool) {
	for _, s := range c.secrets {
		if s.Name == name {
			return s.Data, true
		}
	}
	return nil, false
}

func (c *cluster) service(name string) *corev1.Service {
	i := slices.IndexFunc(c.services, func(s *corev1.Service) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return c.services[i]
}
