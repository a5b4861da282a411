package k8s_test

import (
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const (
	base = "../../k8s/base"
	dev  = "../../k8s/overlays/dev"
)

// cluster is what a folder of manifests renders to, by kind.
type cluster struct {
	deployments  []*appsv1.Deployment
	statefulSets []*appsv1.StatefulSet
	jobs         []*batchv1.Job
	services     []*corev1.Service
	configMaps   []*corev1.ConfigMap
	secrets      []*corev1.Secret
	namespaces   []*corev1.Namespace
	budgets      []*policyv1.PodDisruptionBudget
}

func render(t *testing.T, folder string) *cluster {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatalf("render %s: %v", folder, err)
	}
	found := &cluster{}
	for _, resource := range resources.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		if err := found.add(resource.GetApiVersion()+" "+resource.GetKind(), text); err != nil {
			t.Errorf("%s: %s %s: %v", folder, resource.GetKind(), resource.GetName(), err)
		}
	}
	return found
}

// add decodes one resource. A field that its type lacks is an error: the API server would drop or refuse it.
func (c *cluster) add(kind string, text []byte) error {
	switch kind {
	case "apps/v1 Deployment":
		return decode(text, &c.deployments)
	case "apps/v1 StatefulSet":
		return decode(text, &c.statefulSets)
	case "batch/v1 Job":
		return decode(text, &c.jobs)
	case "v1 Service":
		return decode(text, &c.services)
	case "v1 ConfigMap":
		return decode(text, &c.configMaps)
	case "v1 Secret":
		return decode(text, &c.secrets)
	case "v1 Namespace":
		return decode(text, &c.namespaces)
	case "policy/v1 PodDisruptionBudget":
		return decode(text, &c.budgets)
	default:
		return fmt.Errorf("%s is a kind that this test does not know", kind)
	}
}

func decode[T any](text []byte, into *[]*T) error {
	object := new(T)
	if err := yaml.UnmarshalStrict(text, object); err != nil {
		return err
	}
	*into = append(*into, object)
	return nil
}

func TestDecodingIsStrict(t *testing.T) {
	for name, text := range map[string]string{
		"a field that does not exist": "apiVersion: v1\nkind: Service\nspec:\n  selectors: {a: b}",
		"a value of another type":     "apiVersion: v1\nkind: Service\nspec:\n  selector: [a]",
		"a field given twice":         "apiVersion: v1\nkind: Service\nspec:\n  clusterIP: None\n  clusterIP: \"\"",
	} {
		if err := new(cluster).add("v1 Service", []byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := new(cluster).add("example.com/v1 Thing", nil); err == nil {
		t.Error("an unknown kind: no error")
	}
}
